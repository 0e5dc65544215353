import { useState } from 'react';
import type { ApiFailure } from '../../shared/api.js';
import { navigate } from '../../shared/location.js';
import { sendJson } from '../send-json.js';
import { targetNames, targets } from './model.js';
import type { Replay, Target } from './model.js';

interface Fields {
  readonly target: Target;
  readonly from: string;
  readonly to: string;
  readonly traces: string;
  readonly services: string;
  readonly partitions: string;
  readonly layout: string;
  readonly skipIncomplete: boolean;
}

const empty: Fields = {
  target: 'dry-run',
  from: '',
  to: '',
  traces: '',
  services: '',
  partitions: '',
  layout: '',
  skipIncomplete: false,
};

const listOf = (text: string): readonly string[] => text.split(/[\s,]+/).filter((each) => each !== '');

const bodyOf = (fields: Fields) => {
  const partitions = listOf(fields.partitions).map(Number);
  return {
    target: fields.target,
    from: fields.from.trim(),
    to: fields.to.trim(),
    trace_ids: listOf(fields.traces),
    services: listOf(fields.services),
    ...(partitions.length === 0 ? {} : { partitions }),
    ...(fields.layout !== '' && fields.target === 'dry-run' ? { layout: fields.layout } : {}),
    skip_incomplete: fields.skipIncomplete,
  };
};

interface TextProps {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

const Text = ({ label, hint, value, onChange }: TextProps) => (
  <label className="field">
    <span>{label}</span>
    <input
      value={value}
      placeholder={hint}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => onChange(event.target.value)}
    />
  </label>
);

interface FormFieldsProps {
  readonly fields: Fields;
  readonly onChange: (changes: Partial<Fields>) => void;
}

const FormFields = ({ fields, onChange: set }: FormFieldsProps) => (
  <>
    <fieldset className="choices wide">
      <legend>What to do</legend>
      {targets.map((target) => (
        <label key={target} className="check">
          <input
            type="radio"
            name="target"
            checked={fields.target === target}
            onChange={() => set({ target })}
          />
          {targetNames[target]}
        </label>
      ))}
    </fieldset>
    <Text label="From" hint="2h, a time, offset:N" value={fields.from} onChange={(from) => set({ from })} />
    <Text label="To" hint="now" value={fields.to} onChange={(to) => set({ to })} />
    <Text label="Traces" hint="all" value={fields.traces} onChange={(traces) => set({ traces })} />
    <Text label="Services" hint="all" value={fields.services} onChange={(services) => set({ services })} />
    <Text
      label="Partitions"
      hint="all"
      value={fields.partitions}
      onChange={(partitions) => set({ partitions })}
    />
    {fields.target === 'dry-run' && (
      <label className="field">
        <span>Layout</span>
        <select value={fields.layout} onChange={(event) => set({ layout: event.target.value })}>
          <option value="">as it is live</option>
          <option value="events">events</option>
          <option value="operations">operations</option>
        </select>
      </label>
    )}
    <label className="check wide">
      <input
        type="checkbox"
        checked={fields.skipIncomplete}
        onChange={(event) => set({ skipIncomplete: event.target.checked })}
      />
      Leave incomplete traces out
    </label>
  </>
);

interface ReplayFormProps {
  readonly isBusy: boolean;
  /** The trace that was chosen elsewhere. */
  readonly traceId: string;
  readonly onBegun: () => void;
}

/** What to replay, and where to; the dry run comes first. */
export const ReplayForm = ({ isBusy, traceId, onBegun }: ReplayFormProps) => {
  const [fields, setFields] = useState<Fields>({ ...empty, traces: traceId });
  const [failure, setFailure] = useState<ApiFailure>();
  const [isSending, setSending] = useState(false);
  const set = (changes: Partial<Fields>): void => setFields((before) => ({ ...before, ...changes }));
  const begin = async (): Promise<void> => {
    setSending(true);
    const answer = await sendJson<Replay>('POST', '/api/replays', bodyOf(fields));
    setSending(false);
    setFailure(answer.type === 'failed' ? answer.failure : undefined);
    if (answer.type === 'failed') return;
    onBegun();
    navigate(`/replay/${answer.value.id}`);
  };
  return (
    <form
      className="card replay-form"
      aria-label="A new replay"
      onSubmit={(event) => {
        event.preventDefault();
        void begin();
      }}
    >
      <FormFields fields={fields} onChange={set} />
      <div className="toolbar wide">
        <button type="submit" className="button button-main" disabled={isBusy || isSending}>
          {fields.target === 'backend' ? 'Send again' : 'Begin'}
        </button>
        {isBusy && <span className="soft">One replay is under way: wait for its end, or cancel it.</span>}
        {fields.target === 'backend' && (
          <span className="soft">
            What the backend has already stays as it is: equal records give equal bytes, which it shows once.
          </span>
        )}
      </div>
      {failure !== undefined && (
        <p className="strip strip-bad wide" role="alert">
          {failure.message}
        </p>
      )}
    </form>
  );
};

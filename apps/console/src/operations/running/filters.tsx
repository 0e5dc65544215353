import type { RefObject } from 'react';
import { useEffect, useState } from 'react';
import type { Place } from '../../shared/location.js';

interface FiltersProps {
  readonly place: Place;
  readonly firstField: RefObject<HTMLInputElement | null>;
  readonly onChange: (changes: Readonly<Record<string, string | undefined>>) => void;
}

const kinds = [
  'agent_loop',
  'specialist_invoke',
  'tool_use',
  'llm_call',
  'memory_read',
  'memory_write',
] as const;

const ages = [
  ['', 'any'],
  ['1s', '1 s'],
  ['10s', '10 s'],
  ['1m', '1 min'],
  ['10m', '10 min'],
  ['1h', '1 h'],
  ['1d', '1 d'],
] as const;

const marks = [
  ['10', '10 s'],
  ['60', '1 min'],
  ['600', '10 min'],
  ['3600', '1 h'],
  ['86400', '1 d'],
] as const;

interface TextFilterProps {
  readonly label: string;
  readonly value: string;
  readonly field?: RefObject<HTMLInputElement | null>;
  readonly onChange: (value: string) => void;
}

/** What is typed counts when it has stood for a moment: each change is another question to the gateway. */
const TextFilter = ({ label, value, field, onChange }: TextFilterProps) => {
  const [draft, setDraft] = useState({ of: value, text: value });
  const text = draft.of === value ? draft.text : value;
  useEffect(() => {
    if (text === value) return undefined;
    const timer = setTimeout(() => onChange(text), 400);
    return () => clearTimeout(timer);
  });
  return (
    <label className="field">
      <span>{label}</span>
      <input
        ref={field}
        value={text}
        placeholder="any"
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setDraft({ of: value, text: event.target.value })}
      />
    </label>
  );
};

/** Which operations are shown, and which of them are marked. */
export const Filters = ({ place: { query }, firstField, onChange }: FiltersProps) => {
  const valueOf = (name: string): string => query.get(name) ?? '';
  return (
    <form className="filters card" onSubmit={(event) => event.preventDefault()} aria-label="Filters">
      <TextFilter
        label="Agent"
        value={valueOf('agent')}
        field={firstField}
        onChange={(agent) => onChange({ agent })}
      />
      <TextFilter label="Service" value={valueOf('service')} onChange={(service) => onChange({ service })} />
      <label className="field">
        <span>Kind</span>
        <select value={valueOf('kind')} onChange={(event) => onChange({ kind: event.target.value })}>
          <option value="">any</option>
          {kinds.map((kind) => (
            <option key={kind}>{kind}</option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>Running for at least</span>
        <select value={valueOf('min_age')} onChange={(event) => onChange({ min_age: event.target.value })}>
          {ages.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>Mark beyond</span>
        <select
          value={query.get('mark') ?? '60'}
          onChange={(event) => onChange({ mark: event.target.value })}
        >
          {marks.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </form>
  );
};

import { useState } from 'react';
import type { SubmitEvent, ReactNode } from 'react';
import { useResource } from '../../shared/use-resource.js';
import { lookbacks, maxLimit, problemsOf } from './query.js';
import type { TraceQuery } from './query.js';

interface SearchFormProps {
  readonly query: TraceQuery;
  readonly services: readonly string[];
  readonly onSearch: (query: TraceQuery) => void;
}

interface FieldProps {
  readonly label: string;
  readonly problem?: string | undefined;
  readonly className?: string;
  readonly children: ReactNode;
}

const Field = ({ label, problem, className = '', children }: FieldProps) => (
  <label className={`field ${className}`}>
    <span>{label}</span>
    {children}
    {problem !== undefined && <span className="field-error">{problem}</span>}
  </label>
);

interface PartProps {
  readonly draft: TraceQuery;
  readonly problems: ReturnType<typeof problemsOf>;
  readonly set: (change: Partial<TraceQuery>) => void;
}

/** A text field of the query. */
const TextField = (
  props: PartProps & {
    readonly name: keyof TraceQuery;
    readonly label: string;
    readonly hint?: string;
    readonly type?: string;
  },
) => {
  const { draft, problems, set, name, label, hint, type = 'text' } = props;
  return (
    <Field label={label} problem={problems[name]} className={`field-${name}`}>
      <input
        type={type}
        value={draft[name]}
        placeholder={hint}
        aria-invalid={problems[name] !== undefined}
        onChange={({ target }) => set({ [name]: target.value })}
        {...(name === 'limit' && { min: 1, max: maxLimit })}
      />
    </Field>
  );
};

const TimeFields = (props: PartProps) => (
  <>
    <Field label="Began" className="field-wide">
      <select value={props.draft.lookback} onChange={({ target }) => props.set({ lookback: target.value })}>
        {Object.entries(lookbacks).map(([name, { label }]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
        <option value="custom">From … to …</option>
      </select>
    </Field>
    {props.draft.lookback === 'custom' && (
      <>
        <TextField {...props} name="start" label="From" type="datetime-local" />
        <TextField {...props} name="end" label="To" type="datetime-local" />
      </>
    )}
  </>
);

const OperationField = ({ draft, set }: PartProps) => {
  const { service } = draft;
  const address = service === '' ? undefined : `/api/services/${encodeURIComponent(service)}/operations`;
  const { value } = useResource<{ readonly data: readonly string[] | null }>(address);
  const names = [...(value?.data ?? [])].sort();
  if (draft.operation !== '' && !names.includes(draft.operation)) names.unshift(draft.operation);
  return (
    <Field label="Operation" className="field-wide">
      <select
        value={draft.operation}
        disabled={service === ''}
        onChange={({ target }) => set({ operation: target.value })}
      >
        <option value="">{service === '' ? 'All (choose a service)' : 'All'}</option>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </Field>
  );
};

/** What to look for. */
export const SearchForm = ({ query, services, onSearch }: SearchFormProps) => {
  const [draft, setDraft] = useState(query);
  const problems = problemsOf(draft);
  const set = (change: Partial<TraceQuery>): void => setDraft({ ...draft, ...change });
  const part = { draft, problems, set };
  const names =
    query.service !== '' && !services.includes(query.service) ? [query.service, ...services] : services;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (Object.keys(problems).length === 0) onSearch(draft);
  };
  return (
    <form className="search-form card" role="search" aria-label="Find traces" onSubmit={submit}>
      <Field label="Service" className="field-wide">
        <select
          value={draft.service}
          onChange={({ target }) => set({ service: target.value, operation: '' })}
        >
          <option value="">All</option>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </Field>
      <OperationField {...part} />
      <TextField {...part} name="agent" label="Agent" hint="agent_id" />
      <TextField {...part} name="tags" label="Tags" hint={'error=true tool_name="web search"'} />
      <TextField {...part} name="min" label="Took at least" hint="250ms" />
      <TextField {...part} name="max" label="Took at most" hint="30s" />
      <TimeFields {...part} />
      <TextField {...part} name="limit" label="Show at most" type="number" />
      <button type="submit" className="button button-main">
        Find traces
      </button>
    </form>
  );
};

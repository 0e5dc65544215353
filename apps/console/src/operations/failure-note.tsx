import type { ReactNode } from 'react';
import type { ApiFailure } from '../shared/api.js';
import { Failure } from '../shared/states.js';

interface FailureNoteProps {
  readonly what: string;
  readonly failure: ApiFailure;
  readonly onRetry: () => void;
}

const Remedy = ({ failure }: { readonly failure: ApiFailure }): ReactNode => {
  if (failure.type === 'refused' && failure.status === 401)
    return (
      <p>
        The gateway wants a key. This page hands on the password of your login here: let that be a key that
        both the gateway (<code>KAIZEN_API_KEYS</code> or its key file) and this page’s server (
        <code>KAIZEN_QUERY_KEYS</code>) know. A browser keeps a login until it is closed; a private window
        asks anew.
      </p>
    );
  if (failure.type !== 'away') return null;
  return (
    <p>
      These pages need the gateway’s operating API. <code>npm start</code> runs everything in one process; a
      trace store or a console of its own finds the gateway by <code>KAIZEN_GATEWAY_URL</code>.
    </p>
  );
};

/** Why the operating API says nothing, and what to do about it. */
export const FailureNote = ({ what, failure, onRetry }: FailureNoteProps) => (
  <Failure what={what} failure={failure} onRetry={onRetry}>
    <Remedy failure={failure} />
  </Failure>
);

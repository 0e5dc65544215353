import type { ReactNode } from 'react';
import type { ApiFailure } from './api.js';

interface NoteProps {
  readonly title: string;
  /** What to do next. */
  readonly children?: ReactNode;
}

/** Nothing is there, which is no fault: says what to do next. */
export const Empty = ({ title, children }: NoteProps) => (
  <section className="note">
    <h2>{title}</h2>
    {children}
  </section>
);

interface FailureProps {
  /** What could not be had, as `The traces`. */
  readonly what: string;
  readonly failure: ApiFailure;
  readonly onRetry: () => void;
  readonly children?: ReactNode;
}

const titleOf = (what: string, failure: ApiFailure): string => {
  switch (failure.type) {
    case 'away':
      return `${what} cannot be reached`;
    case 'missing':
      return `${what} could not be found`;
    case 'refused':
      return `${what} cannot be shown`;
  }
};

/** Something could not be had: says why, and offers to try again. */
export const Failure = ({ what, failure, onRetry, children }: FailureProps) => (
  <section className="note note-failure" role="alert">
    <h2>{titleOf(what, failure)}</h2>
    <p>{failure.message}</p>
    {children}
    <p>
      <button type="button" className="button" onClick={onRetry}>
        Try again
      </button>
    </p>
  </section>
);

/** Something is on its way. */
export const Busy = ({ what }: { readonly what: string }) => (
  <p className="busy" role="status">
    <span className="busy-mark" aria-hidden="true" /> {what} …
  </p>
);

import type { Question, WorkerAnswer } from './messages.js';

/** A question without its number. */
type Asked = Question extends infer Each ? (Each extends { readonly id: number } ? Omit<Each, 'id'> : never) : never;

const listeners = new Map<number, (answer: WorkerAnswer) => void>();
let worker: Worker | undefined;
let asked = 0;

const start = (): Worker => {
  const started = new Worker(new URL('./trace-worker.ts', import.meta.url), { type: 'module' });
  started.addEventListener('message', ({ data }: MessageEvent<WorkerAnswer>) => {
    listeners.get(data.id)?.(data);
  });
  started.addEventListener('error', ({ message }) => {
    const failure = { type: 'away', message: message || 'the console’s worker could not be loaded' } as const;
    for (const [id, listener] of listeners) listener({ type: 'failed', id, failure });
    worker = undefined;
  });
  return started;
};

const send = (question: Question): void => (worker ??= start()).postMessage(question);

/** A question that was asked. */
export interface Asking {
  /** Names a trace in later questions about it. */
  readonly id: number;
  /** No answer comes after this; a trace is forgotten. */
  readonly drop: () => void;
}

/** Asks the worker, which fetches and reads traces beside the page; answers come until the question is dropped. */
export const ask = (question: Asked, onAnswer: (answer: WorkerAnswer) => void): Asking => {
  const id = ++asked;
  listeners.set(id, onAnswer);
  send({ ...question, id });
  const drop = (): void => {
    if (listeners.delete(id)) send({ type: 'drop', id });
  };
  return { id, drop };
};

/** The trace that was asked for before the page could show it, with what has come of it. */
let early: (Asking & { readonly address: string; readonly answers: WorkerAnswer[] }) | undefined;

/** The address of the query API for a trace. */
export const traceAddress = (traceId: string): string => `/api/traces/${encodeURIComponent(traceId)}`;

/** Asks for the trace that a path of the console names, while the rest of the console is still being loaded. */
export const askEarly = (path: string): void => {
  const [, traceId = ''] = /^\/trace\/([^/]+)$/.exec(path) ?? [];
  if (traceId === '') return;
  const address = traceAddress(traceId);
  const answers: WorkerAnswer[] = [];
  early = { ...ask({ type: 'trace', address }, (answer) => answers.push(answer)), address, answers };
};

/** Asks for a trace; takes over what was asked early, once. */
export const askTrace = (address: string, onAnswer: (answer: WorkerAnswer) => void): Asking => {
  const begun = early;
  early = undefined;
  if (begun?.address !== address) {
    begun?.drop();
    return ask({ type: 'trace', address }, onAnswer);
  }
  listeners.set(begun.id, onAnswer);
  // Not within the caller's own work: it does not know the number yet.
  queueMicrotask(() => begun.answers.forEach(onAnswer));
  return begun;
};

/** Tells the worker that what it sent first of a trace is painted. */
export const tellPainted = (id: number): void => send({ type: 'painted', id });

/** Asks for one answer; it does not come where the worker fails or the question is dropped. */
export const askOnce = (question: Asked, onAnswer: (answer: WorkerAnswer) => void): (() => void) => {
  const { id } = ask(question, (answer) => {
    listeners.delete(answer.id);
    onAnswer(answer);
  });
  return () => listeners.delete(id);
};

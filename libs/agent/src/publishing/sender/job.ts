import type { RedactorOptions } from '@kaizen-trace/redaction';
import type { LogSettings } from '@kaizen-trace/settings';

/** Where the events go. Holds secrets: never to be shown. */
export type Destination =
  | { readonly type: 'gateway'; readonly url: string; readonly apiKey: string | undefined }
  | { readonly type: 'log'; readonly name: string; readonly settings: LogSettings };

/** The folder that the agent's thread writes to. */
export interface OwnFolder {
  readonly name: string;
  readonly firstSegment: number;
  /** Events and bytes put in before this folder was made; they are in another one, which is gone. */
  readonly eventsBefore: number;
  readonly bytesBefore: number;
}

/** What a sender is started with: everything that it needs, as plain values and shared memory. */
export interface SenderJob {
  readonly destination: Destination;
  readonly shared: SharedArrayBuffer;
  /** What is still to be masked before an event leaves. */
  readonly redaction: RedactorOptions | undefined;
  readonly batch: { readonly events: number; readonly bytes: number; readonly lingerMs: number };
  readonly buffer:
    | { readonly type: 'ring'; readonly memory: SharedArrayBuffer }
    | {
        readonly type: 'spool';
        readonly directory: string;
        /** Marks the folders of this publisher, beside others of its process. */
        readonly mark: string;
        readonly folder: OwnFolder | undefined;
      };
}

/** What the agent's thread tells its sender. */
export type ToSender = { readonly type: 'close' } | { readonly type: 'folder'; readonly folder: OwnFolder };

/** What can go wrong, by what a person would do about it. */
export type ProblemKind =
  'away' | 'refused' | 'spool' | 'torn' | 'full' | 'sender' | 'lost' | 'redaction' | 'invalid';

/** What a sender tells the agent's thread: problems, each kind at most once a minute. */
export interface FromSender {
  readonly type: 'problem';
  readonly kind: ProblemKind;
  readonly message: string;
}

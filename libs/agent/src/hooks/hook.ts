import type { HookContext } from './hook-context.js';
import type { HookEvent } from './hook-event.js';
import type { HookResultInit } from './hook-result.js';

/** What a handler may answer; nothing at all is a success. */
export type HookAnswer = HookResultInit | undefined;

/** Handles one event. It answers at once, or when its promise resolves; one that answers nothing succeeded. */
export type HookHandler =
  | ((context: HookContext) => HookAnswer | Promise<HookAnswer>)
  | ((context: HookContext) => Promise<void>)
  | ((context: HookContext) => void);

/** Something that follows an agent's events. A plain object will do. */
export interface Hook {
  /** Under which its results are counted. */
  readonly name: string;
  /** The events it wants; undefined: every event, custom ones too. */
  readonly events?: readonly HookEvent[] | undefined;
  readonly handle: HookHandler;
}

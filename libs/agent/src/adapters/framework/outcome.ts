import type { HookResultInit } from '../../hooks/hook-result.js';
import { HookResult } from '../../hooks/hook-result.js';

/** It went well. */
export const succeeded: HookResultInit = Object.freeze({ success: true });

/** It failed with what was thrown. Never throws. */
export const failedWith = (thrown: unknown): HookResultInit => HookResult.failed(thrown);

import type { EventJson } from '@kaizen-trace/contracts';
import { contentOf, eventOf, plainMembers, repeatable, type Drafting } from './drafting.js';
import { textIn } from './payload.js';
import { points, unknownPoint } from './points.js';

/** Those that belong to the session and to no prompt, whatever was asked last. */
const ofSession = new Set(['SessionStart', 'SessionEnd', 'Setup']);

/** What tells one of a kind from all others, where something does. */
const idOf = (drafting: Drafting): string | undefined => {
  const { event, fields, prompt } = drafting.payload;
  switch (event) {
    case 'TaskCreated':
    case 'TaskCompleted':
      return repeatable(drafting, event, textIn(fields, 'task_id'));
    case 'MessageDisplay':
      return repeatable(drafting, event, textIn(fields, 'message_id'));
    case 'UserPromptExpansion':
      return repeatable(drafting, event, prompt, textIn(fields, 'command_name'));
    default:
      return undefined;
  }
};

/** The call that asks for permission, which has no id in the request: the newest open one of its tool. */
const askingCall = ({ payload, open, scope }: Drafting): string | undefined => {
  const tool = textIn(payload.fields, 'tool_name', 256);
  return open.findLast((call) => call.kind === 'tool_use' && call.scope === scope && call.name === tool)?.id;
};

const parentOf = (drafting: Drafting): string | undefined => {
  const { event } = drafting.payload;
  if (ofSession.has(event)) return drafting.sitting?.id;
  return (event === 'PermissionRequest' ? askingCall(drafting) : undefined) ?? drafting.around;
};

/** An event that opens and closes nothing. */
export const pointEvents = (drafting: Drafting): readonly EventJson[] => {
  const { payload } = drafting;
  const form = points.get(payload.event) ?? unknownPoint(payload.event);
  const content = Object.fromEntries(form.content.map((name) => [name, contentOf(drafting, name)]));
  return [
    eventOf(drafting, {
      type: form.type,
      id: idOf(drafting),
      parent: parentOf(drafting),
      data: {
        ...plainMembers(payload.fields, form.plain),
        ...(ofSession.has(payload.event) ? plainMembers(payload.fields, ['cwd']) : {}),
        ...content,
      },
    }),
  ];
};

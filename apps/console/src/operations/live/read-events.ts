/** A server-sent event. */
export interface ReceivedEvent {
  readonly name: string;
  readonly text: string;
}

/** Reads the fields of one event; a comment has no data. */
const eventOf = (block: string): ReceivedEvent | undefined => {
  let name = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const at = line.indexOf(':');
    const field = at < 0 ? line : line.slice(0, at);
    const value = at < 0 ? '' : line.slice(at + 1).replace(/^ /, '');
    if (field === 'event') name = value;
    else if (field === 'data') data.push(value);
  }
  return data.length === 0 ? undefined : { name, text: data.join('\n') };
};

/**
 * Hands on each event of a stream until it ends. Fetched rather than by `EventSource`, which hides why a server refuses.
 *
 * @throws Error where the connection breaks, or nothing at all is heard for `silenceMs`.
 */
export const readEvents = async (
  body: ReadableStream<Uint8Array>,
  silenceMs: number,
  take: (event: ReceivedEvent) => void,
): Promise<void> => {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const line = { isSilent: false };
    const timer = setTimeout(() => {
      line.isSilent = true;
      void reader.cancel();
    }, silenceMs);
    const { done, value } = await reader.read().finally(() => clearTimeout(timer));
    if (line.isSilent) throw new Error('nothing was heard for too long');
    if (done) return;
    const blocks = (rest + decoder.decode(value, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = eventOf(block);
      if (event !== undefined) take(event);
    }
  }
};

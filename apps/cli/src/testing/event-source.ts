/** One server-sent event. */
export interface ServerEvent {
  readonly name: string;
  readonly value: unknown;
}

/** A client of server-sent events, as a browser is one. */
export interface EventSource {
  readonly headers: Headers;
  /** The next event that fits; fails where none comes within twenty seconds. */
  next<T>(name: string, fits?: (value: T) => boolean): Promise<T>;
  /** Comments heard so far. */
  comments(): number;
  /** Settles when the server has ended the stream. */
  readonly ended: Promise<void>;
  close(): void;
}

const eventOf = (block: string): ServerEvent | undefined => {
  const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
  const text = fields.get('data');
  return text === undefined
    ? undefined
    : { name: fields.get('event') ?? 'message', value: JSON.parse(text) as unknown };
};

/** Listens. @throws Error with the status where it is no stream. */
export const listen = async (
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventSource> => {
  const abort = new AbortController();
  const response = await fetch(url, { headers, signal: abort.signal });
  if (response.status !== 200) throw new Error(`answered ${response.status}: ${await response.text()}`);
  const seen: ServerEvent[] = [];
  let [wake, comments] = [(): void => undefined, 0];
  const read = async (): Promise<void> => {
    let rest = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = eventOf(block);
        if (event === undefined) comments += 1;
        else seen.push(event);
      }
      wake();
    }
  };
  const ended = read().catch(() => undefined);
  return {
    headers: response.headers,
    next: async <T>(name: string, fits: (value: T) => boolean = () => true): Promise<T> => {
      const deadline = Date.now() + 20_000;
      for (;;) {
        while (seen.length > 0) {
          const event = seen.shift()!;
          if (event.name === name && fits(event.value as T)) return event.value as T;
        }
        if (Date.now() > deadline) throw new Error(`no such ${name} within twenty seconds`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, 500);
        });
      }
    },
    comments: () => comments,
    ended,
    close: () => abort.abort(),
  };
};

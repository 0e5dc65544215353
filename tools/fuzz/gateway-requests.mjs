import { bent, damaged, deep, encoded, oddTexts, oddValue, packed, queryOf, wide } from './values.mjs';

const fields = [
  'event_type',
  'agent_id',
  'trace_id',
  'timestamp',
  'data',
  'metadata',
  'event_id',
  'service_name',
  'call_id',
  'parent_call_id',
  'result',
];

const anEvent = (random) => {
  const { below, pick, maybe } = random;
  const event = {
    event_type: pick(['pre_tool_use', 'post_tool_use', 'note', 'pre_llm_call', 'post_llm_call']),
    agent_id: `agent-${below(20)}`,
    trace_id: `trace-${below(200)}`,
    call_id: `call-${below(500)}`,
    data: { n: below(10) },
  };
  for (let changes = below(4); changes > 0; changes -= 1) event[pick(fields)] = oddValue(random);
  if (maybe(0.1)) delete event[pick(fields)];
  return JSON.stringify(event);
};

const hookNames = [
  'SessionStart',
  'UserPromptSubmit',
  'PreToolUse',
  'PostToolUse',
  'PostToolUseFailure',
  'SubagentStart',
  'SubagentStop',
  'PreCompact',
  'Notification',
  'Stop',
  'SessionEnd',
];

const aHook = (random) => {
  const { below, pick, maybe } = random;
  return JSON.stringify({
    session_id: maybe(0.8) ? `s-${below(50)}` : oddValue(random),
    hook_event_name: maybe(0.9) ? pick(hookNames) : pick(oddTexts),
    tool_name: oddValue(random),
    tool_use_id: maybe(0.5) ? `t-${below(100)}` : oddValue(random),
    agent_id: oddValue(random),
    tool_input: oddValue(random),
    tool_response: oddValue(random),
    prompt: oddValue(random),
  });
};

const types = [
  'application/x-ndjson',
  'application/json',
  'application/json',
  'application/json; charset=utf-16',
  'text/plain',
  'x',
  'application/json;;',
  'multipart/form-data; boundary=a',
];

const manyLines = (random) => '{"event_type":"note","agent_id":"a"}\n{\n'.repeat(random.below(3_000));

const eventsBody = (random, type) => {
  const { below, pick, maybe, times } = random;
  if (maybe(0.04)) return deep(pick([10, 100, 5_000, 60_000]));
  if (maybe(0.02)) return pick([wide(20_000), `{"agent_id":"a","event_type":"note","data":${wide(2_000)}}`]);
  if (maybe(0.01)) return manyLines(random);
  const events = times(below(8), () => anEvent(random));
  if (type === 'application/x-ndjson') return events.join(pick(['\n', '\r\n', '\n\n', '\r']));
  return maybe(0.2) ? (events[0] ?? '') : `[${events.join(',')}]`;
};

/** `POST /v1/events` and hooks, in shapes that come near to what they take. */
export const intakeRequest = (random) => {
  const { pick, maybe } = random;
  const headers = {};
  if (maybe(0.97)) headers['content-type'] = pick(types);
  const isHook = maybe(0.2);
  const text = isHook && maybe(0.9) ? aHook(random) : eventsBody(random, headers['content-type']);
  const bytes = damaged(random, Buffer.from(text, maybe(0.98) ? 'utf8' : 'utf16le'));
  const path = isHook
    ? '/v1/hooks/claude-code'
    : pick(['/v1/events', '/v1/events', '/v1/events', '/v1/%65vents', '/v1/events?x=%', '/v1/nothing']);
  return {
    method: maybe(0.95) ? 'POST' : pick(['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']),
    path: bent(random, path),
    headers,
    body: damaged(random, packed(random, bytes, headers)),
  };
};

const offsets = ['0/0', '3/1', '11/0', '12/0', 'x/99999999999999999999', '0/-1', '999999999/0', '0/0/0'];

const reads = (random) => {
  const { pick } = random;
  return pick([
    () => ['/api/open-operations', ['service', 'agent', 'kind', 'min_age', 'order', 'limit', 'cursor']],
    () => ['/api/pipeline', ['x']],
    () => [
      '/api/dead-letters',
      ['stage', 'error_class', 'topic', 'partition', 'from', 'to', 'redriven', 'limit', 'cursor'],
    ],
    () => [`/api/dead-letters/${pick(offsets)}`, ['x']],
    () => ['/api/replays', ['x']],
    () => [`/api/replays/${encoded(random, pick(['0a1b2c3d', ...oddTexts]))}`, ['x']],
    () => [`/api/replays/${encoded(random, pick(oddTexts))}/events`, ['x']],
    // With a parameter that is refused: one that is taken would not end.
    () => ['/api/open-operations/events?limit=9999', ['kind']],
    () => [
      pick(['/metrics', '/healthz', '/readyz', '/', '/api', '/%', '//', '/favicon.ico', '/.git/config']),
      ['x'],
    ],
  ])();
};

const fitting = {
  order: ['oldest', 'newest'],
  limit: ['1', '50', '1000', '1001'],
  min_age: ['5m', '1s', '9999999999d'],
  kind: ['tool_use', 'llm_call'],
  redriven: ['true', 'false'],
  from: ['-1h', '2026-01-01T00:00:00Z', '1795163400'],
  to: ['now', '2030-01-01T00:00:00Z'],
  cursor: ['bmV3ZXN0', 'eyJ0IjoxfQ'],
  stage: ['assemble', 'export'],
};

const redriveFields = [
  'stage',
  'error_class',
  'topic',
  'partition',
  'from',
  'to',
  'letters',
  'again',
  'limit',
];
const replayFields = ['from', 'to', 'partitions', 'trace_ids', 'services', 'layout', 'skip_incomplete'];

const objectOf = (random, names, sure) => {
  const { below, pick, times } = random;
  return { ...sure, ...Object.fromEntries(times(below(3), () => [pick(names), oddValue(random)])) };
};

const writes = (random) => {
  const { pick, maybe } = random;
  const letters = [{ partition: pick([0, 5, -1, 1e9]), offset: pick(['0', '7', '-1', 'x']) }];
  const target = pick(['dry-run', 'dry-run', 'verify', 'backend', 'elsewhere', null]);
  return pick([
    () => ['/api/dead-letters/redrive', objectOf(random, redriveFields, maybe(0.5) ? { letters } : {})],
    () => ['/api/dead-letters/redrive', objectOf(random, redriveFields, { dry_run: true })],
    // One in four fits, so that replays do run beside all else; there is one at a time.
    () => ['/api/replays', objectOf(random, maybe(0.3) ? ['from'] : replayFields, { target, from: '-1m' })],
    () => ['/api/pipeline', oddValue(random)],
    () => [`/api/replays/${pick(oddTexts).length}`, oddValue(random)],
  ])();
};

/** The operating API, as the gateway serves it and the trace store passes it on. */
export const operatingRequest = (random) => {
  const { pick, maybe, below } = random;
  if (maybe(0.75)) {
    const [path, names] = reads(random);
    const query = queryOf(random, names, fitting);
    return {
      method: maybe(0.9) ? 'GET' : pick(['HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PROPFIND']),
      path: bent(random, path.includes('?') ? `${path}&${query}` : `${path}?${query}`),
      headers: {},
      body: Buffer.alloc(maybe(0.1) ? below(500) : 0, 'x'),
    };
  }
  const [path, json] = writes(random);
  const text = maybe(0.02) ? deep(20_000) : maybe(0.02) ? 'x'.repeat(1_500_000) : JSON.stringify(json);
  return {
    method: maybe(0.9) ? 'POST' : pick(['DELETE', 'PUT', 'PATCH']),
    path: bent(random, path),
    headers: {
      'content-type': maybe(0.9) ? 'application/json' : pick(types),
      ...(maybe(0.1) ? { origin: pick(['http://localhost:1', 'https://evil.example', 'null', '::']) } : {}),
    },
    body: damaged(random, Buffer.from(text)),
  };
};

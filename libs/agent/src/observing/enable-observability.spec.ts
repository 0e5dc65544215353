import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { HookManager } from '../hooks/hook-manager.js';
import { TracingManager } from '../tracing/tracing-manager.js';
import { BaseAgent } from './base-agent.js';
import { enableObservability, type Observability } from './enable-observability.js';
import type { ObservabilityOptions } from './observability-options.js';
import { anySpeaker } from './speakers.js';
import { createTrace } from './trace.js';

class Researcher extends BaseAgent<string, string> {
  readonly look = this.trace.tool('look', (what: string) => `seen ${what}`);
  protected async execute(input: string): Promise<string> {
    return this.look(input);
  }
}

let exporter: InMemorySpanExporter;
let tracingManager: TracingManager;
let handles: Observability[];

beforeEach(() => {
  exporter = new InMemorySpanExporter();
  tracingManager = new TracingManager({ exporter, serviceName: 'fleet', endWithProcess: false });
  handles = [];
});
afterEach(async () => {
  for (const handle of handles) await handle.shutdown(5);
  await tracingManager.shutdown(5);
});

const enable = (agent: object, options: ObservabilityOptions = { tracingManager }): Observability => {
  const handle = enableObservability(agent, options);
  handles.push(handle);
  return handle;
};

const spans = async (): Promise<readonly ReadableSpan[]> => {
  await tracingManager.forceFlush(5);
  return exporter.getFinishedSpans();
};

/** `name < parent's name`, sorted. */
const tree = async (): Promise<readonly string[]> => {
  const all = await spans();
  const nameOf = (id: string | undefined): string | undefined =>
    all.find((span) => span.spanContext().spanId === id)?.name;
  return all
    .map(({ name, parentSpanContext }) => `${name} < ${nameOf(parentSpanContext?.spanId) ?? '-'}`)
    .sort();
};

const services = async (): Promise<ReadonlySet<unknown>> =>
  new Set((await spans()).map(({ resource }) => resource.attributes['service.name']));

describe('one line', () => {
  it('names an agent that is a function by its own name', () => {
    const answer = (): void => undefined;
    const agent = Object.assign(answer, { hookManager: new HookManager() });
    expect(enable(agent, { enableTracing: false }).serviceName).toBe('answer');
  });

  it('traces an agent: its loop and its tools, under its class’s name', async () => {
    const agent = new Researcher();
    const handle = enable(agent);
    await agent.run('rain');
    expect(handle.serviceName).toBe('Researcher');
    expect(handle.hookManager).toBe(agent.hookManager);
    expect(await services()).toEqual(new Set(['Researcher']));
    expect(await tree()).toEqual([
      'post_agent_loop < pre_agent_loop',
      'post_tool_use:look < pre_tool_use:look',
      'pre_agent_loop < -',
      'pre_tool_use:look < pre_agent_loop',
    ]);
  });

  it.each(['hookManager', '_hookManager', 'hook_manager'])('traces any object with a %s', async (name) => {
    const hookManager = new HookManager();
    const agent = { agentId: 'plain', [name]: hookManager };
    expect(enable(agent).hookManager).toBe(hookManager);
    await hookManager.trigger('pre_tool_use', 'plain', { tool_name: 't' }, { traceId: 'one' });
    await hookManager.trigger('post_tool_use', 'plain', { tool_name: 't' }, { traceId: 'one' });
    expect(await tree()).toEqual(['post_tool_use:t < pre_tool_use:t', 'pre_tool_use:t < -']);
    expect(await services()).toEqual(new Set(['plain']));
  });

  it.each([
    ['nothing', undefined],
    ['text', 'agent'],
    ['an object without one', {}],
    ['an object whose hookManager is none', { hookManager: { trigger: 1 } }],
  ])('of %s is refused, and says what to do', (_, agent) => {
    expect(() => enableObservability(agent as object, { tracingManager })).toThrow(/HookManager/);
    expect(() => enableObservability(agent as object, { tracingManager })).toThrow(TypeError);
  });

  it('with wrong options changes nothing at the agent', () => {
    const agent = new Researcher();
    expect(() => enableObservability(agent, { jaegerPort: -1 })).toThrow(/jaegerPort/);
    expect(agent.hookManager.isEmpty).toBe(true);
  });

  it('starts whatever variables of OpenTelemetry say to others, and tells of them', () => {
    const told: string[] = [];
    const wrong = {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_TIMEOUT: '0',
      JAEGER_PORT: 'many',
    };
    Object.assign(process.env, wrong);
    try {
      enable(new Researcher(), { transport: 'direct', onProblem: (message) => void told.push(message) });
    } finally {
      for (const name of Object.keys(wrong)) Reflect.deleteProperty(process.env, name);
    }
    for (const name of Object.keys(wrong)) expect(told.join()).toContain(name);
  });

  it('traces only what is asked for', async () => {
    const agent = new Researcher();
    enable(agent, { tracingManager, eventsToTrace: ['PRE_tool_use', 'post_tool_use'] });
    await agent.run('rain');
    expect(await tree()).toEqual(['post_tool_use:look < pre_tool_use:look', 'pre_tool_use:look < -']);
  });

  it('masks secrets, and hands each event to a redact of one’s own before', async () => {
    const agent = new Researcher();
    enable(agent, {
      tracingManager,
      redact: (event) => ({ ...event, data: { ...event.data, added: 'by me' } }),
    });
    await agent.trace.tool('login', () => 1, { data: { password: 'hunter2' } })();
    const [pre] = (await spans()).filter(({ name }) => name === 'pre_tool_use:login');
    expect(pre!.attributes.added).toBe('by me');
    expect(JSON.stringify(pre!.attributes)).not.toContain('hunter2');
  });
});

describe('a redact of one’s own', () => {
  it('that throws keeps the event back, disturbs nobody, and is told without what it said', async () => {
    const problems: string[] = [];
    const agent = new Researcher();
    const redact = (): never => {
      throw new RangeError('hunter2');
    };
    enable(agent, { tracingManager, redact, onProblem: (message) => problems.push(message) });
    expect(await agent.run('rain')).toBe('seen rain');
    expect(await spans()).toEqual([]);
    expect(problems).toEqual([expect.stringContaining('RangeError')]);
    expect(problems.join()).not.toContain('hunter2');
  });
});

describe('without tracing', () => {
  it('nothing is registered, and the handle does nothing', async () => {
    const agent = new Researcher();
    const handle = enable(agent, { enableTracing: false, serviceName: 'quiet' });
    expect(agent.hookManager.isEmpty).toBe(true);
    expect(await agent.run('rain')).toBe('seen rain');
    expect(handle).toMatchObject({ serviceName: 'quiet', hookManager: agent.hookManager });
    expect(Object.keys(handle)).not.toContain('tracingManager');
    expect([await handle.flush(), await handle.shutdown()]).toEqual([true, true]);
  });
});

describe('enabling again', () => {
  it('adds nothing and answers the first handle, without options or with the same', async () => {
    const agent = new Researcher();
    const options = { tracingManager, eventsToTrace: ['pre_agent_loop', 'post_agent_loop'] };
    const handle = enable(agent, options);
    expect(enable(agent, {})).toBe(handle);
    expect(enable(agent, { ...options, eventsToTrace: [...options.eventsToTrace] })).toBe(handle);
    expect(enable(agent, { serviceName: 'Researcher' })).toBe(handle);
    await agent.run('rain');
    expect(await spans()).toHaveLength(2);
  });

  it('with other options is refused, by their names', () => {
    const agent = new Researcher();
    enable(agent);
    expect(() => enable(agent, { serviceName: 'other' })).toThrow(/serviceName/);
    expect(() => enable(agent, { transport: 'http', insecure: false })).toThrow(/transport, insecure/);
  });

  it('is possible after a shutdown, which takes everything off', async () => {
    const agent = new Researcher();
    const first = enable(agent);
    expect(await first.shutdown(5)).toBe(true);
    expect(await first.shutdown(5)).toBe(true);
    expect(agent.hookManager.isEmpty).toBe(true);
    expect(enable(agent, { tracingManager, serviceName: 'second' })).not.toBe(first);
    await agent.run('rain');
    expect(await services()).toEqual(new Set(['second']));
  });
});

describe('several agents', () => {
  class Supervisor extends BaseAgent<string, string> {
    constructor(readonly worker: Researcher) {
      super({ agentId: 'boss' });
    }
    protected execute(input: string): Promise<string> {
      return this.worker.run(input);
    }
  }

  it('share a manager: one trace, one hook, each its own service', async () => {
    const worker = new Researcher({ agentId: 'worker' });
    const boss = new Supervisor(worker);
    const handles = [enable(worker), enable(boss)];
    expect(handles[0]!.tracingHook).toBe(handles[1]!.tracingHook);
    await boss.run('rain');
    expect(await tree()).toEqual([
      'post_agent_loop < pre_agent_loop',
      'post_agent_loop < pre_agent_loop',
      'post_tool_use:look < pre_tool_use:look',
      'pre_agent_loop < -',
      'pre_agent_loop < pre_agent_loop',
      'pre_tool_use:look < pre_agent_loop',
    ]);
    expect(await services()).toEqual(new Set(['Supervisor', 'Researcher']));
  });

  it('share a hook manager: each keeps its service, also for events that are triggered by hand', async () => {
    const hookManager = new HookManager();
    const one = new Researcher({ agentId: 'one', hookManager });
    const two = new Researcher({ agentId: 'two', hookManager });
    enable(one, { tracingManager, serviceName: 'first' });
    enable(two, { serviceName: 'second' });
    await hookManager.trigger('note', 'two');
    await hookManager.trigger('note', 'unknown');
    await two.run('rain');
    const found = (await spans()).map(
      ({ name, resource }) => `${name}: ${String(resource.attributes['service.name'])}`,
    );
    expect(found.toSorted()).toEqual([
      'note: first',
      'note: second',
      'post_agent_loop: second',
      'post_tool_use:look: second',
      'pre_agent_loop: second',
      'pre_tool_use:look: second',
    ]);
    expect(hookManager.registeredHookNames()).toHaveLength(1);
  });

  it('that share one but want other options are refused', () => {
    const hookManager = new HookManager();
    enable(new Researcher({ hookManager }));
    expect(() => enable(new Researcher({ hookManager }), { jaegerHost: 'elsewhere' })).toThrow(/jaegerHost/);
    expect(() => enable(new Researcher(), { tracingManager, redaction: false })).toThrow(/redaction/);
  });

  it('share a hook manager until the last of them leaves', async () => {
    const hookManager = new HookManager();
    const [one, two] = [new Researcher({ hookManager }), new Researcher({ hookManager })];
    const [first, second] = [enable(one), enable(two)];
    await first.shutdown(5);
    await two.run('rain');
    expect(await spans()).toHaveLength(4);
    await second.shutdown(5);
    expect(hookManager.isEmpty).toBe(true);
  });

  it('leave one by one: what is shared stays open until the last, and what they were given stays open', async () => {
    const [one, two] = [new Researcher(), new Researcher()];
    const [first, second] = [enable(one), enable(two)];
    await first.shutdown(5);
    await one.run('unseen');
    await two.run('seen');
    expect(await spans()).toHaveLength(4);
    await second.shutdown(5);
    enable(one);
    await one.run('seen again');
    expect(await spans()).toHaveLength(8);
  });
});

describe('functions wrapped for no agent', () => {
  const trace = createTrace(anySpeaker);

  it('speak for the agent that they run under, else for the one enabled first', async () => {
    const tool = trace.tool('shared', () => 1);
    await tool();
    const [one, two] = [new Researcher({ agentId: 'one' }), new Researcher({ agentId: 'two' })];
    enable(one);
    enable(two);
    await tool();
    await two.trace.agent(tool)();
    await handles[0]!.shutdown(5);
    await tool();
    const agents = (await spans())
      .filter(({ name }) => name === 'pre_tool_use:shared')
      .map(({ attributes }) => attributes.agent_id);
    expect(agents).toEqual(['one', 'two']);
  });
});

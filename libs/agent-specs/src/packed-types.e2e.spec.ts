import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { installPacked, type PackedProject, readmeRegion, remove } from './testing/packed-project.js';
import { repository, runProcess } from './testing/run-process.js';

/** What a user writes; the lines that are expected to fail fail for the reason beside them. */
const program = `
import {
  BaseAgent,
  enableObservability,
  HookContext,
  HookEvent,
  HookManager,
  HookPriority,
  HookResult,
  httpPublisher,
  PublishingHook,
  trace,
  TracingHook,
  TracingManager,
  type EventReceiver,
  type Hook,
  type Observability,
} from '@kaizen-trace/agent';
import { langChainHandler } from '@kaizen-trace/agent/langchain';
import { openAiAgentsProcessor } from '@kaizen-trace/agent/openai-agents';
import { vercelAiTelemetry } from '@kaizen-trace/agent/vercel-ai';
import * as claude from '@kaizen-trace/agent/claude-agent-sdk';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const same = <A, B>(_: Same<A, B>): void => undefined;

interface Hit {
  readonly url: string;
}

const search = trace.tool('search', (query: string, limit?: number): Hit[] => [{ url: query.slice(0, limit) }]);
same<Parameters<typeof search>, [query: string, limit?: number | undefined]>(true);
same<ReturnType<typeof search>, Promise<Hit[]>>(true);
// @ts-expect-error the query is a string
void search(1);
// @ts-expect-error a promise of hits is no hit
const hit: Hit = search('otters');

class Researcher extends BaseAgent<string, number> {
  protected override async execute(question: string): Promise<number> {
    return (await search(question)).length;
  }
}
const agent = new Researcher({ agentId: 'researcher-1' });
const observability: Observability = agent.enableObservability({ serviceName: 'research', transport: 'http' });
same<ReturnType<typeof agent.run>, Promise<number>>(true);
// @ts-expect-error the question is a string
void agent.run(5);
// @ts-expect-error there is no such transport
enableObservability(agent, { transport: 'carrier pigeon' });
// @ts-expect-error a port is a number
enableObservability(agent, { jaegerPort: '4317' });
same<ReturnType<Observability['flush']>, Promise<boolean>>(true);
void observability.flush(5).then(() => observability.shutdown());

const manager = new HookManager();
const hook: Hook = { name: 'mine', events: [HookEvent.PRE_TOOL_USE, 'post_my_kind'], handle: () => undefined };
manager.registerHook(hook, HookPriority.HIGH);
manager.register('pre_tool_use', (context) => {
  same<typeof context, HookContext>(true);
  return { success: true };
});
// @ts-expect-error there are four priorities, and this is none
manager.register('pre_tool_use', () => undefined, 17);
const results: Promise<HookResult[]> = manager.trigger('pre_tool_use', 'agent', { tool_name: 'x' }, { timeoutMs: 5 });
// @ts-expect-error times are numbers
void manager.trigger('pre_tool_use', 'agent', {}, { timeoutMs: '5' });
void results;

const tracingManager = new TracingManager({ serviceName: 'research', jaegerPort: 4317 });
const tracingHook = new TracingHook({ tracingManager, eventsToTrace: ['pre_tool_use', 'post_tool_use'] });
const publishingHook = new PublishingHook({ publisher: httpPublisher({ overflow: 'block' }) });
// @ts-expect-error there is no such policy
httpPublisher({ overflow: 'explode' });
const receivers: readonly EventReceiver[] = [manager, tracingHook, publishingHook];
for (const receiver of receivers) {
  langChainHandler({ receiver });
  openAiAgentsProcessor({ receiver });
  vercelAiTelemetry({ receiver });
}
// @ts-expect-error whatever takes events has a method for it
openAiAgentsProcessor({ receiver: {} });
const span = tracingManager.createSpanFromContext(new HookContext({ eventType: 'note', agentId: 'a' }));
span.setAttribute('answer', 42);
// @ts-expect-error an event has an agent
new HookContext({ eventType: 'note' });
void claude;
void hit;
`;

const strict = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  noEmit: true,
  target: 'es2022',
  lib: ['es2023'],
};

const resolutions = [
  { name: 'ES module, nodenext', file: 'consumer.mts', options: { module: 'nodenext' } },
  // CommonJS is not written with import under verbatimModuleSyntax.
  {
    name: 'CommonJS, nodenext',
    file: 'consumer.cts',
    options: { module: 'nodenext', verbatimModuleSyntax: false },
  },
  { name: 'bundler', file: 'consumer.ts', options: { module: 'esnext', moduleResolution: 'bundler' } },
] as const;

const compilers = ['typescript', 'typescript7'] as const;

describe('the types of the packed agent SDK', () => {
  let folder: string;
  let project: PackedProject;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-types-'));
    project = await installPacked(folder);
  }, 600_000);

  afterAll(() => remove(folder));

  const compile = async (
    compiler: (typeof compilers)[number],
    file: string,
    options: Readonly<Record<string, unknown>>,
  ): Promise<string> => {
    const node = { types: ['node'], typeRoots: [join(repository, 'node_modules/@types')] };
    const config = { compilerOptions: { ...strict, ...node, ...options }, files: [file] };
    const path = await project.write(`tsconfig.${file}.json`, JSON.stringify(config));
    const script = join(repository, 'node_modules', compiler, 'bin', 'tsc');
    const { stdout, exitCode } = await runProcess(process.execPath, [script, '-p', path], {
      cwd: project.folder,
    });
    return exitCode === 0 ? 'compiles' : stdout;
  };

  describe.each(compilers)('with %s', (compiler) => {
    it.each(resolutions)(
      'fit a strict program, and refuse misuse: $name',
      async ({ file, options }) => {
        await project.write(file, program);
        expect(await compile(compiler, file, options)).toBe('compiles');
      },
      60_000,
    );
  });

  it('know the README’s lines', async () => {
    const code = await readmeRegion('agent');
    const typed = code
      .replace('async (query)', 'async (query: string)')
      .replace('async (text)', 'async (text: string)')
      .replace('execute(question)', 'execute(question: string)')
      .replace('extends BaseAgent ', 'extends BaseAgent<string> ');
    await project.write('readme.mts', typed);
    expect(await compile('typescript', 'readme.mts', { module: 'nodenext' })).toBe('compiles');
  }, 60_000);

  it('are looked at: a program that is wrong does not compile', async () => {
    await project.write(
      'wrong.mts',
      "import { trace } from '@kaizen-trace/agent';\ntrace.tool(5, () => 5);\n",
    );
    const wrong = await compile('typescript', 'wrong.mts', { module: 'nodenext' });
    expect(wrong).toMatch(/wrong\.mts\(2,12\): error TS2345/);
  }, 60_000);

  it('need no other types of their own: a program without Node’s compiles too', async () => {
    await project.write(
      'bare.mts',
      "import { HookManager } from '@kaizen-trace/agent';\nnew HookManager();\n",
    );
    // OpenTelemetry's own declarations want a console, which the DOM has as well.
    const bare = { module: 'nodenext', types: [], typeRoots: [], lib: ['es2023', 'dom'] };
    expect(await compile('typescript', 'bare.mts', bare)).toBe('compiles');
  }, 60_000);
});

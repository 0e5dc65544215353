import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { openKafkaLog } from '@kaizen-trace/adapter-kafka';
import { describeReal, eventually, scanAll } from '@kaizen-trace/testkit';

interface Step {
  readonly step: 'acquire' | 'commit' | 'acquire again';
  readonly partition: number;
  readonly type: string;
}

const script = fileURLToPath(new URL('../kafka-member.mjs', import.meta.url));

const until = (what: string, condition: () => boolean): Promise<void> => eventually(what, 30_000, condition);

await describeReal('an assembler that sleeps past its session', ['kafka'], ({ kafka }) => {
  it('is fenced when it wakes, and does not fence the member that has its partition now', async () => {
    const topicPrefix = `zombie-${randomUUID()}.`;
    const group = randomUUID();
    const log = await openKafkaLog({ brokers: kafka.brokers, topicPrefix, partitions: 1 });
    const children: ChildProcess[] = [];
    const member = (name: string): { readonly child: ChildProcess; readonly steps: Step[] } => {
      const steps: Step[] = [];
      const args = [script, kafka.brokers.join(','), topicPrefix, group, name];
      const child = spawn(process.execPath, args, {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, NODE_OPTIONS: '' },
      });
      createInterface({ input: child.stdout }).on('line', (line) => steps.push(JSON.parse(line) as Step));
      children.push(child);
      return { child, steps };
    };
    const commits = ({ steps }: { readonly steps: readonly Step[] }): number =>
      steps.filter(({ step, type }) => step === 'commit' && type === 'committed').length;
    try {
      const sleeper = member('sleeper');
      await until('the first member commits', () => commits(sleeper) >= 2);
      sleeper.child.kill('SIGSTOP');
      const heir = member('heir');
      await until('the second takes over', () => commits(heir) >= 2);
      sleeper.child.kill('SIGCONT');
      await until('the sleeper finds out', () => sleeper.steps.some(({ type }) => type === 'fenced'));
      const soFar = commits(heir);
      await until('the heir goes on', () => commits(heir) >= soFar + 3);
      expect(heir.steps.filter(({ type }) => type === 'fenced')).toEqual([]);
      const spans = log.spans({ group: 'onlooker' });
      const names = (await scanAll(spans, 0)).map(({ value }) => Buffer.from(value ?? []).toString());
      expect(names).toContain('sleeper');
      expect(names.slice(names.indexOf('heir'))).not.toContain('sleeper');
    } finally {
      for (const child of children) child.kill('SIGKILL');
      await log.close();
    }
  }, 120_000);
});

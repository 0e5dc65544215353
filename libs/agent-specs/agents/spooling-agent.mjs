// An agent with a spool, as a process of its own: `spooling-agent.mjs OPTIONS EVENTS`, both JSON, where the events are lists:
// each is delivered before the next begins. It says what it has delivered, and its counts, and goes on until it is killed.
import { httpPublisher, PublishingHook } from '../../agent/dist/index.js';

const [options, lists] = process.argv.slice(2).map((text) => JSON.parse(text));
const publisher = httpPublisher({ ...options, overflow: 'spool', onProblem: () => undefined });
const hook = new PublishingHook({ publisher });
for (const [index, events] of lists.entries()) {
  for (const event of events) hook.handle(event);
  console.log(`accepted ${index}`);
  await publisher.flush();
  console.log(`delivered ${index}: ${JSON.stringify(publisher.stats())}`);
}
setInterval(() => undefined, 1000);

/**
 * Faults on purpose, loaded into the services by `--fault`: they show that a fuzz can fail. `leak=BYTES` keeps so much of
 * each request, `cut=N` cuts the connection of each Nth, `fail=N` makes each Nth answer a 500.
 */
import { subscribe } from 'node:diagnostics_channel';

const faults = Object.fromEntries(
  (process.env.KAIZEN_FUZZ_FAULT ?? '').split(',').map((fault) => {
    const [name, value] = fault.split('=');
    return [name, Number(value)];
  }),
);

const kept = [];
let seen = 0;
const isTurnOf = (every) => every > 0 && seen % every === 0;

subscribe('http.server.request.start', ({ response, socket }) => {
  seen += 1;
  if (faults.leak > 0) kept.push(new Array(Math.ceil(faults.leak / 8)).fill(seen / 2));
  if (isTurnOf(faults.cut)) socket.destroy();
  else if (isTurnOf(faults.fail)) {
    const write = response.writeHead.bind(response);
    response.writeHead = (_status, ...rest) => write(500, ...rest);
  }
});

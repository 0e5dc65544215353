/** A thread that answers as the gateway does and keeps nothing: what an agent sends to, out of its way. */
import { createServer } from 'node:http';
import { parentPort } from 'node:worker_threads';

const lineBreak = 10;

const answer = (request, response) => {
  let lines = 0;
  request.on('data', (chunk) => {
    for (let at = chunk.indexOf(lineBreak); at >= 0; at = chunk.indexOf(lineBreak, at + 1)) lines += 1;
  });
  request.on('end', () => {
    response.writeHead(202, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ accepted: lines, rejected: [] }));
  });
};

const server = createServer(answer).listen(0, '127.0.0.1', () =>
  parentPort.postMessage(server.address().port),
);

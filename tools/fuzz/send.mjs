import { Agent, request as httpRequest } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { createConnection } from 'node:net';

/** Of a machine that has much else to do. */
const patienceMs = 60_000;
const keptBytes = 2_000;

/** What came of a request: an HTTP status, or a word. `text` is the beginning of the answer, or the error's message. */
const outcome = (status, text = '') => ({ status, text });

const sendHttp = (agent, base, { method, path, headers, body }) =>
  new Promise((resolve) => {
    const outgoing = httpRequest(base, {
      method,
      path,
      agent,
      headers: { ...headers, 'content-length': body.length },
      timeout: patienceMs,
    });
    outgoing.on('response', (response) => {
      let text = '';
      response.on('data', (chunk) => (text += text.length < keptBytes ? chunk.toString('latin1') : ''));
      response.on('end', () => resolve(outcome(response.statusCode, text)));
      response.on('error', (error) => resolve(outcome('cut', error.message)));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', ({ message }) =>
      resolve(outcome(message === 'no answer' ? 'no answer' : 'cut', message)),
    );
    outgoing.end(body);
  });

/** Long enough for an answer to a second request that must not be there. */
const lingerMs = 30;

const sendRaw = (port, { parts, pauseMs = 0, leaves = false, isSmuggling = false }) =>
  new Promise((resolve) => {
    let heard = '';
    let isDone = false;
    const socket = createConnection(port, '127.0.0.1');
    const end = (made) => {
      if (isDone) return;
      isDone = true;
      clearTimeout(late);
      socket.destroy();
      resolve(made);
    };
    const late = setTimeout(() => end(outcome('no answer')), patienceMs);
    const statusIn = () =>
      Number(/^(?:HTTP\/1\.1 1\d\d[^]*?\r\n\r\n)*HTTP\/1\.1 ([2-5]\d\d)/.exec(heard)?.[1]);
    socket.on('data', (chunk) => {
      if (heard.length < keptBytes * 10) heard += chunk.toString('latin1');
      const status = statusIn();
      if (Number.isNaN(status)) return;
      if (isSmuggling) setTimeout(() => end(outcome(status, heard)), lingerMs);
      else end(outcome(status, heard));
    });
    const closed = (message) => {
      const status = statusIn();
      end(Number.isNaN(status) ? outcome('cut', message) : outcome(status, heard));
    };
    socket.on('error', ({ message }) => closed(message));
    socket.on('close', () => closed('closed without an answer'));
    void (async () => {
      for (const part of parts) {
        socket.write(part);
        if (pauseMs > 0) await new Promise((next) => setTimeout(next, pauseMs));
      }
      if (leaves) setTimeout(() => end(outcome('left')), 5);
    })();
  });

/** gRPC over one HTTP/2 session that is opened anew when it has ended. */
const openOtlp = (port) => {
  let session;
  const current = () => {
    if (session !== undefined && !session.destroyed && !session.closed) return session;
    session = connectHttp2(`http://127.0.0.1:${port}`);
    session.on('error', () => undefined);
    session.unref();
    return session;
  };
  return {
    send: ({ headers, body }) =>
      new Promise((resolve) => {
        const stream = current().request(headers);
        const late = setTimeout(() => {
          stream.close();
          resolve(outcome('no answer'));
        }, patienceMs);
        const end = (made) => {
          clearTimeout(late);
          resolve(made);
        };
        let grpc;
        const look = (seen) => (grpc = seen['grpc-status'] ?? grpc);
        let http;
        stream.on('response', (seen) => {
          http = seen[':status'];
          look(seen);
        });
        stream.on('trailers', look);
        stream.on('error', ({ message }) => end(outcome('grpc reset', message)));
        stream.on('close', () =>
          end(grpc === undefined ? outcome(http ?? 'grpc reset') : outcome(`grpc ${grpc}`)),
        );
        stream.resume();
        stream.end(body);
      }),
    close: () => session?.destroy(),
  };
};

/** Sends requests to services at their addresses. Never rejects. */
export const openSender = ({ otlpPort }) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const otlp = openOtlp(otlpPort);
  return {
    send(base, made) {
      if (made.type === 'otlp') return otlp.send(made);
      if (made.type === 'raw') return sendRaw(Number(new URL(base).port), made);
      return sendHttp(agent, base, made);
    },
    close() {
      agent.destroy();
      otlp.close();
    },
  };
};

import { type Act, answerWell, type Call, http, type Strike } from './upstream.ts';

/** Every call that does what the caller asked for. */
export const always =
  (act: Act): Strike =>
  ({ work }) =>
    work ? act : undefined;
/** The first of them. */
export const once =
  (act: Act): Strike =>
  ({ work, worked }) =>
    work && worked === 1 ? act : undefined;
/** The first of them in one way, and from then on every call of these methods in another. */
export const onceThen =
  (act: Act, then: Act, methods: readonly string[] = ['GET', 'PUT', 'PATCH']): Strike =>
  (call) => {
    if (call.worked === 0) return undefined;
    return once(act)(call) ?? (methods.includes(call.method) ? then : undefined);
  };
/** Every call of any kind. */
export const all =
  (act: Act): Strike =>
  () =>
    act;
/** Every GET, whatever it is for. */
export const reads =
  (act: Act): Strike =>
  ({ method }) =>
    method === 'GET' ? act : undefined;
/** The very first call, whatever it is for. */
export const first =
  (act: Act): Strike =>
  ({ number }) =>
    number === 1 ? act : undefined;
/** Every login at IAM, or the first so many. */
export const logins =
  (act: Act, most = Number.POSITIVE_INFINITY): Strike =>
  ({ login }) =>
    login > 0 && login <= most ? act : undefined;

/** Carries the call out, and then does this instead of saying so. */
export const done =
  (act: Act): Act =>
  (call) => {
    call.serve();
    act(call);
  };
/** Answers with this and does nothing else. */
export const says =
  (status: number, body: string | Buffer = '', headers: Record<string, string> = {}): Act =>
  ({ socket }) =>
    socket.write(http(status, body, headers));
/** Writes this as it is and does nothing else. */
export const writes =
  (bytes: string): Act =>
  ({ socket }) =>
    socket.write(bytes);
/** Writes this, then closes the connection. */
export const ends =
  (bytes: string): Act =>
  ({ socket }) =>
    socket.end(bytes);
/** Closes the connection without a word. */
export const drops: Act = ({ socket }) => socket.destroy();
/** Resets the connection without a word. */
export const resets: Act = ({ socket }) => socket.resetAndDestroy();
/** Never answers. */
export const hangs: Act = () => undefined;

/** Carries the call out and answers with 200 and what this makes of the right body. */
export const spoils =
  (spoil: (body: string) => string | Buffer, headers: Record<string, string> = {}): Act =>
  (call) =>
    call.socket.write(http(200, spoil(call.serve().body), headers));
/** Carries the call out and writes what this makes of the right answer's bytes. */
export const garbles =
  (garble: (answer: Buffer, body: string) => string | Buffer): Act =>
  (call) => {
    const { status, body } = call.serve();
    call.socket.write(garble(http(status, body), body));
  };
/** As `garbles`, and then closes the connection (or does this to it). */
export const garblesAndEnds =
  (garble: (answer: Buffer, body: string) => string | Buffer, end: (call: Call) => unknown = ({ socket }) => socket.end()): Act =>
  (call) => {
    const { status, body } = call.serve();
    call.socket.write(garble(http(status, body), body), () => end(call));
  };
/** Answers well, but only after so many milliseconds. */
export const late =
  (ms: number): Act =>
  (call) =>
    setTimeout(() => answerWell(call), ms);
/** Carries the call out and sends the right answer, a byte at a time. */
export const drips: Act = (call) => {
  const { status, body } = call.serve();
  const answer = http(status, body);
  let sent = 0;
  const timer = setInterval(() => call.socket.write(answer.subarray(sent, ++sent)), 20);
  call.socket.on('close', () => clearInterval(timer));
};
/** Carries the call out and answers with a body that never ends. */
export const floods: Act = (call) => {
  call.serve();
  const { socket } = call;
  const piece = Buffer.from(`10000\r\n${' '.repeat(0x10000)}\r\n`);
  const pour = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n');
  socket.on('drain', pour);
  pour();
};

/** A wall clock that can be put forward, so that what ages by it does so at once. To be imported before whatever keeps `Date`. */
const real = Date;
let ahead = 0;
const now = (): number => real.now() + ahead;

globalThis.Date = new Proxy(real, {
  construct: (target, args, subclass) => Reflect.construct(target, args.length === 0 ? [now()] : args, subclass),
  apply: () => new real(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});

/** Puts this process's wall clock forward by so many milliseconds. Timers and performance.now() go on as they were. */
export function putForward(milliseconds: number): void {
  ahead += milliseconds;
}

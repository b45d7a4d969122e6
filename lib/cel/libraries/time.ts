import { durationOf, timestampAt } from '../arithmetic.ts';
import { type Library, type Overload, overload } from '../overload.ts';
import { CelError, type Duration, type Result, type Timestamp, Zone } from '../values.ts';

const second = 1_000_000_000n;
const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: second,
  m: 60n * second,
  h: 3600n * second,
};

/** A duration as Go's time.ParseDuration reads it, in nanoseconds; undefined for what it refuses. */
export function parseDuration(text: string): bigint | undefined {
  const [, sign, rest = ''] = /^([+-]?)([\s\S]*)$/.exec(text) ?? [];
  if (rest === '0') return 0n;
  const part = /(\d*)(?:\.(\d*))?([a-zµμ]+)/y;
  let total = 0n;
  if (rest === '') return undefined;
  while (part.lastIndex < rest.length) {
    const [, whole = '', fraction = '', unit = ''] = part.exec(rest) ?? [];
    if (!Object.hasOwn(units, unit) || whole + fraction === '') return undefined;
    total += BigInt(whole) * (units[unit] as bigint) + fractionOf(fraction, units[unit] as bigint);
    if (total > 1n << 63n) return undefined;
  }
  if (sign !== '-' && total === 1n << 63n) return undefined;
  return sign === '-' ? -total : total;
}

/** Go takes as many digits as fit into 63 bits, and multiplies as doubles. */
function fractionOf(digits: string, unit: bigint): bigint {
  let used = digits;
  while (used !== '' && BigInt(used) >= 1n << 63n) used = used.slice(0, -1);
  return used === '' ? 0n : BigInt(Math.trunc(Number(used) * (Number(unit) / 10 ** used.length)));
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** A time as Go's time.Parse reads it by RFC 3339; undefined for what it refuses. */
export function parseTimestamp(text: string): Result | undefined {
  const match = rfc3339.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, seconds = 0] = match.slice(1, 7).map(Number);
  const [, , , , , , , fraction = '', sign, offsetHours = '0', offsetMinutes = '0'] = match;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || seconds > 59) return undefined;
  if (Number(offsetHours) > 24 || Number(offsetMinutes) > 60) return undefined;
  const offset = (Number(offsetHours) * 3600 + Number(offsetMinutes) * 60) * (sign === '-' ? -1 : 1);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, seconds);
  const nanoseconds = BigInt(date.getTime()) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  return timestampAt(nanoseconds - BigInt(offset) * second, text.endsWith('Z') ? Zone.utc : zoneOf(offset));
}

/** Those that Go makes once. The zone of a machine is UTC, which is not the one that Z stands for. */
const wholeHours = new Map(Array.from({ length: 27 }, (_, index) => [(index - 12) * 3600, new Zone((index - 12) * 3600)]));
const zoneOf = (offset: number): Zone => wholeHours.get(offset) ?? new Zone(offset);

const daysIn = (year: number, month: number): number => {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 0);
  return date.getUTCDate();
};

/** The date that a clock shows there and then, as a Date whose UTC fields are the clock's. */
type Clock = (date: Date) => number;
const clocks: readonly (readonly [name: string, id: string, read: Clock])[] = [
  ['getFullYear', 'year', (date) => date.getUTCFullYear()],
  ['getMonth', 'month', (date) => date.getUTCMonth()],
  ['getDayOfYear', 'day_of_year', dayOfYear],
  ['getDayOfMonth', 'day_of_month', (date) => date.getUTCDate() - 1],
  ['getDate', 'day_of_month_1_based', (date) => date.getUTCDate()],
  ['getDayOfWeek', 'day_of_week', (date) => date.getUTCDay()],
  ['getHours', 'hours', (date) => date.getUTCHours()],
  ['getMinutes', 'minutes', (date) => date.getUTCMinutes()],
  ['getSeconds', 'seconds', (date) => date.getUTCSeconds()],
  ['getMilliseconds', 'milliseconds', (date) => date.getUTCMilliseconds()],
];

function dayOfYear(date: Date): number {
  const first = new Date(date.getTime());
  first.setUTCMonth(0, 1);
  return Math.round((date.getTime() - first.getTime()) / 86_400_000);
}

/** The milliseconds since 1970 that a time began, and the clock's date at an offset of seconds. */
function shifted({ nanoseconds }: Timestamp, offset: number): Date {
  const floor = nanoseconds - (((nanoseconds % 1_000_000n) + 1_000_000n) % 1_000_000n);
  return new Date(Number(floor / 1_000_000n) + offset * 1000);
}

/** The offset from UTC in seconds that a name or an offset such as `-08:00` means at a time. */
function offsetAt(time: Timestamp, zone: string): number | CelError {
  const colon = zone.indexOf(':');
  if (colon < 0) return offsetOfZone(time, zone);
  const numbers = [zone.slice(0, colon), zone.slice(colon + 1)];
  const wrong = numbers.find((number) => !/^[+-]?\d+$/.test(number));
  if (wrong !== undefined) return new CelError(`strconv.Atoi: parsing ${JSON.stringify(wrong)}: invalid syntax`);
  const [hours = 0, minutes = 0] = numbers.map(Number);
  return (zone.startsWith('-') ? hours * 60 - minutes : hours * 60 + minutes) * 60;
}

const zones = new Map<string, Intl.DateTimeFormat>();

function offsetOfZone(time: Timestamp, zone: string): number | CelError {
  // kube-apiserver runs in UTC.
  if (zone === '' || zone === 'UTC' || zone === 'Local') return 0;
  if (zone.includes('..') || /^[/\\]/.test(zone)) return new CelError('time: invalid location name');
  const format = zones.get(zone) ?? formatOf(zone);
  if (!format) return new CelError(`unknown time zone ${zone}`);
  const name = format.formatToParts(shifted(time, 0)).find((part) => part.type === 'timeZoneName')?.value ?? '';
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = /GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?/.exec(name) ?? [];
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * (sign === '-' ? -1 : 1);
}

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  // JavaScript takes offsets and any letter case for names too, Go's database does not.
  if (!/^[A-Z]\w*/.test(zone) || zone === zone.toLowerCase()) return undefined;
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    zones.set(zone, format);
    return format;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** One field of the clock: in UTC, or in a time zone. */
function clock([name, id, read]: (typeof clocks)[number]): Overload[] {
  const inZone = (time: Timestamp, zone: string): Result => {
    const offset = offsetAt(time, zone);
    return offset instanceof CelError ? offset : BigInt(read(shifted(time, offset)));
  };
  return [
    overload(`timestamp_to_${id}`, `<timestamp>.${name}() -> int`, (time: Timestamp) => BigInt(read(shifted(time, 0)))),
    overload(`timestamp_to_${id}_with_tz`, `<timestamp>.${name}(string) -> int`, inZone),
  ];
}

/** A whole duration in one unit. */
const span = (name: string, id: string, nanoseconds: bigint): Overload =>
  overload(`duration_to_${id}`, `<duration>.${name}() -> int`, (time: Duration) => time.nanoseconds / nanoseconds);

/** The functions of timestamps and durations. */
export const time: Library = {
  overloads: [
    ...clocks.flatMap(clock),
    span('getHours', 'hours', 3600n * second),
    span('getMinutes', 'minutes', 60n * second),
    span('getSeconds', 'seconds', second),
    span('getMilliseconds', 'milliseconds', 1_000_000n),
  ],
};

const failed = (to: string): CelError => new CelError(`type conversion error from 'string' to 'google.protobuf.${to}'`);

/** A duration from its text, or the error of the conversion. */
export function toDuration(text: string): Result {
  const nanoseconds = parseDuration(text);
  return nanoseconds === undefined ? failed('Duration') : durationOf(nanoseconds);
}

/** A timestamp from its text, or the error of the conversion. */
export const toTimestamp = (text: string): Result => parseTimestamp(text) ?? failed('Timestamp');

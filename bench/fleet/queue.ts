import type { Deployment } from './deployment.ts';
import type { LambdaFunction } from './lambda.ts';
import type { Simulation } from './simulation.ts';

/** A message of a queue. */
export interface Message {
  id: string;
  body: string;
  group: string;
  /** How often it was received. */
  received: number;
  sentAt: number;
  /** When it was first received, and when it left the queue; NaN until then. */
  receivedAt: number;
  leftAt: number;
  /** The queue itself moved it to the dead letters. */
  isRedriven: boolean;
}
/** Messages that are handed out in order, none while one of them is under way: a group of a FIFO queue, or one message of a standard one. */
interface Lane {
  messages: Message[];
  isBusy: boolean;
}

const pollPause = 50;

/** SQS and Lambda's event source mapping in virtual time: batches of what waits, and what a batch gives back comes again. */
export class Queue {
  readonly messages: Message[] = [];
  readonly #simulation: Simulation;
  readonly #handler: LambdaFunction;
  readonly #settings: Deployment['events'];
  readonly #isFifo: boolean;
  readonly #lanes = new Map<string, Lane>();
  #ready: Lane[] = [];
  #next = 0;
  #running = 0;
  #waiting = 0;
  #drained: (() => void) | undefined;
  /** How probable it is now that Lambda throttles a delivery, since others use up the account's concurrency. */
  throttledShare = 0;

  constructor(simulation: Simulation, handler: LambdaFunction, { isFifo, ...settings }: Deployment['events'] & { isFifo: boolean }) {
    this.#simulation = simulation;
    this.#handler = handler;
    this.#settings = settings;
    this.#isFifo = isFifo;
  }

  send(body: string, group: string): Message {
    const { clock } = this.#simulation;
    const id = `message-${this.messages.length + 1}`;
    const blank = { received: 0, receivedAt: Number.NaN, leftAt: Number.NaN, isRedriven: false };
    const message: Message = { id, body, group, sentAt: clock.elapsed, ...blank };
    this.messages.push(message);
    this.#waiting += 1;
    const name = this.#isFifo ? group : id;
    const lane = this.#lanes.get(name) ?? { messages: [], isBusy: false };
    if (this.#isFifo) this.#lanes.set(name, lane);
    lane.messages.push(message);
    if (lane.messages.length === 1 && !lane.isBusy) this.#ready.push(lane);
    // What is sent in one go is there as a whole.
    clock.after(0, () => this.#poll());
    return message;
  }

  /** Waits until the queue is empty. */
  drain(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = resolve;
      if (this.#waiting === 0) resolve();
    });
  }

  #poll(): void {
    while (this.#running < this.#settings.concurrency) {
      const batch = this.#receive();
      if (batch.size === 0) return;
      this.#running += 1;
      void this.#deliver(batch).then(() => {
        this.#running -= 1;
        this.#poll();
      });
    }
  }

  /** Up to a batch of messages by their lanes; of a lane as many as fit. */
  #receive(): Map<Lane, Message[]> {
    const batch = new Map<Lane, Message[]>();
    for (let room = this.#settings.batchSize; room > 0 && this.#next < this.#ready.length; ) {
      const lane = this.#ready[this.#next++] as Lane;
      const taken = lane.messages.splice(0, room);
      const kept = taken.filter((message) => !this.#isRedriven(message));
      lane.isBusy = kept.length > 0;
      if (kept.length > 0) batch.set(lane, kept);
      else if (lane.messages.length > 0) this.#ready.push(lane);
      room -= kept.length;
    }
    if (this.#next > 10_000) {
      this.#ready = this.#ready.slice(this.#next);
      this.#next = 0;
    }
    return batch;
  }

  #isRedriven(message: Message): boolean {
    const { elapsed } = this.#simulation.clock;
    message.received += 1;
    if (Number.isNaN(message.receivedAt)) message.receivedAt = elapsed;
    message.isRedriven = message.received > this.#settings.maxReceives;
    if (message.isRedriven) this.#leave(message);
    return message.isRedriven;
  }

  async #deliver(batch: Map<Lane, Message[]>): Promise<void> {
    const { clock, random } = this.#simulation;
    const receivedAt = clock.now;
    const isThrottled = this.throttledShare > 0 && random.next() < this.throttledShare;
    const Records = [...batch.values()].flat().map((message) => this.#recordOf(message));
    const invoked = isThrottled ? 'throttled' : await this.#handler.invoke({ Records });
    const failures = typeof invoked === 'string' ? undefined : (invoked.result.batchItemFailures as { itemIdentifier: string }[]);
    const back = failures && new Set(failures.map(({ itemIdentifier }) => itemIdentifier));
    for (const [lane, messages] of batch) {
      const returned = messages.filter(({ id }) => !back || back.has(id));
      for (const message of messages) if (!returned.includes(message)) this.#leave(message);
      const free = () => {
        lane.isBusy = false;
        lane.messages.unshift(...returned);
        if (lane.messages.length > 0) this.#ready.push(lane);
        if (returned.length > 0) this.#poll();
      };
      // Invisible from when it was received on, and all of its lane with it.
      if (returned.length === 0) free();
      else clock.after(receivedAt + this.#settings.visibility - clock.now, free);
    }
    // Whoever has nothing to take asks again a little later.
    if (invoked === 'throttled') await clock.wait(pollPause);
  }

  #leave(message: Message): void {
    message.leftAt = this.#simulation.clock.elapsed;
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#drained?.();
  }

  #recordOf({ id, body, group, received, sentAt, receivedAt }: Message): object {
    const since = this.#simulation.clock.now - this.#simulation.clock.elapsed;
    return {
      messageId: id,
      receiptHandle: `${id}#${received}`,
      body,
      attributes: {
        ApproximateReceiveCount: String(received),
        SentTimestamp: String(Math.round(since + sentAt)),
        SenderId: 'AIDAEVENTBRIDGE',
        ApproximateFirstReceiveTimestamp: String(Math.round(since + receivedAt)),
        ...(this.#isFifo && { MessageGroupId: group, MessageDeduplicationId: id, SequenceNumber: '1' }),
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:us-east-1:111122223333:events${this.#isFifo ? '.fifo' : ''}`,
      awsRegion: 'us-east-1',
    };
  }
}

/** The bus as the services see it. Only files of this folder import NATS. */

import type { CloudEvent, EventType, Fact } from '@easycerts/contracts';

/** Publishes facts. Never throws and never waits: what cannot be sent now is kept (bounded) and sent on reconnection. */
export interface EventPublisher {
  /** `time`: when it happened; default now. */
  publish<T extends EventType>(fact: Fact<T>, time?: Date): void;
  /** Resolves when everything published so far is stored by the bus, or after `timeoutMs`. */
  flush(timeoutMs: number): Promise<void>;
}

export interface StoredMessage {
  /** Sequence number in the stream. */
  readonly sequence: number;
  readonly subject: string;
  readonly data: Uint8Array;
  readonly time: Date;
}

/** An append-only stream. */
export interface DurableStream {
  /** Resolves with the sequence number once the message is stored and fsynced; AppError UNAVAILABLE otherwise. */
  append(subject: string, data: Uint8Array, options?: { readonly messageId?: string }): Promise<number>;
  /** Messages from `sequence` on, until `toSequence`, or the last one that was stored when the call began. */
  read(fromSequence: number, toSequence?: number): AsyncIterable<StoredMessage>;
}

export interface KeyValueEntry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly revision: number;
  /** When the bus stored it, by the clock of its server. */
  readonly storedAt: Date;
}

/** A bucket. Revisions give compare-and-swap. */
export interface KeyValueBucket {
  get(key: string): Promise<KeyValueEntry | undefined>;
  put(key: string, value: Uint8Array): Promise<number>;
  /** AppError CONFLICT when the key exists. */
  create(key: string, value: Uint8Array): Promise<number>;
  /** AppError CONFLICT when the key is no longer at `revision`. */
  update(key: string, value: Uint8Array, revision: number): Promise<number>;
  /** With a revision: AppError CONFLICT when the key is no longer at it. */
  delete(key: string, revision?: number): Promise<void>;
  entries(): Promise<readonly KeyValueEntry[]>;
  /** Calls back for every key there is, then at every change (deletion: value undefined), until the returned function is called. */
  watch(onChange: (key: string, value: Uint8Array | undefined) => void): Promise<() => Promise<void>>;
}

/** The durable consumers of the stored events; for programs that pull from them. */
export interface EventConsumers {
  /** Makes the consumer, from the next event on, or brings its subjects up to date: then its position stays. */
  ensure(name: string, subjects: readonly string[]): Promise<void>;
  /** Removes it; one that is absent is no error. */
  remove(name: string): Promise<void>;
}

export interface EventFilter {
  /** NATS subject filters; default everything of ours. */
  readonly subjects?: readonly string[];
  /** Start: only new ones, everything stored, or the last N minutes. */
  readonly from?: 'new' | 'all' | Date;
  /** End after what is stored now, instead of following. */
  readonly follow?: boolean;
}

/** An event with its place in the stream. */
export interface StoredEvent {
  readonly event: CloudEvent;
  /** Grows from event to event. */
  readonly sequence: number;
  /** When the bus stored it, by the clock of its server: an event's own time is that of the host that tells it. */
  readonly storedAt: Date;
}

/** A connection with one host identity. It reconnects by itself, for ever; `close` ends it. */
export interface Bus {
  readonly events: EventPublisher;
  /** A publisher for another service of this process: its events say that they come from it. Ends with the bus. */
  eventsOf(service: string): EventPublisher;
  /** Whether the connection is up at this moment. */
  isConnected(): boolean;
  /** Resolves when the connection is up. AppError UNAVAILABLE, with the last failure as cause, after `timeoutMs`. */
  whenConnected(timeoutMs: number): Promise<void>;
  /** Calls back at each connection from now on, the first and every later one, until the returned function is called. */
  onConnected(handler: () => void): () => void;
  /** Live hints: calls back for every event on the subjects until the returned function is called. */
  onEvent(subjects: readonly string[], handler: (event: CloudEvent) => void): () => void;
  /** Events as stored, in order, each once. */
  readEvents(filter: EventFilter, signal?: AbortSignal): AsyncIterable<CloudEvent>;
  /** Masters only: of each subject of EVENTS that a pattern matches the last event, in the order in which they were stored. */
  lastEvents(subjects: readonly string[]): Promise<readonly StoredEvent[]>;
  /**
   * Masters only: streams and buckets, made when absent (sync always, file storage). While the bus is away they resolve at
   * once, and every use is AppError UNAVAILABLE until it is there. Nodes: `bucket('hosts')`, to `get` and `watch`
   * their own keys.
   */
  stream(name: string, subjects: readonly string[]): Promise<DurableStream>;
  bucket(name: string, options?: { readonly history?: number; readonly ttlMs?: number }): Promise<KeyValueBucket>;
  /** Masters only. */
  readonly consumers: EventConsumers;
  close(): Promise<void>;
}

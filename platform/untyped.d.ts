/** Modules that bring no types of their own; what is used of them. */
declare module 'snappyjs' {
  /** @throws when the data is no Snappy block, or says that it is longer than `maxLength` bytes */
  export function uncompress(compressed: Uint8Array, maxLength?: number): Uint8Array;
  export function compress(uncompressed: Uint8Array): Uint8Array;
}
declare module 'kafkajs/src/protocol/recordBatch/crc32C/index.js' {
  export default function crc32C(bytes: Uint8Array): number;
}
declare module 'kafkajs/src/protocol/requests/index.js' {
  interface Encoded {
    writeBoolean(value: boolean): Encoded;
  }
  interface Exchange {
    readonly request: { readonly apiVersion: number; readonly encode: () => Promise<Encoded> };
    readonly response: { decode: (raw: Uint8Array) => Promise<unknown>; parse: (decoded: unknown) => Promise<unknown> };
  }
  export interface Definition {
    readonly versions: string[];
    protocol(selected: { version: number }): (request: never) => Exchange;
  }
  const protocol: { readonly requests: Readonly<Record<'Fetch' | 'Metadata' | 'DescribeGroups', Definition>> };
  export default protocol;
}
declare module 'kafkajs/src/consumer/batch.js' {
  /** What a fetch brought of a partition; `messages` without control records and what was given up. */
  export default class Batch {
    constructor(topic: string, fetchedOffset: string, partition: object);
    readonly messages: readonly object[];
  }
}

import type { z } from 'zod';
import { fillPath, type EndpointDescription, type PartSchema, type RequestPart } from '../contracts/endpoints/endpoint.ts';

/** A query string has text alone; a number is written as text. */
type Written<T> = T extends string ? (string extends T ? T | number : T) : T;
type InQuery<Fields> = { readonly [Name in keyof Fields]: Written<Fields[Name]> };

/** A part of a request under its name, which may be left out where nothing in it is needed. */
type Named<Part extends RequestPart, Input> =
  Partial<Input> extends Input ? { readonly [P in Part]?: Input } : { readonly [P in Part]: Input };
type Input<Part extends RequestPart, Fields> = Part extends 'query' ? InQuery<Fields> : Fields;
type PartOf<D extends EndpointDescription, Part extends RequestPart> =
  PartSchema<D, Part> extends infer S extends z.ZodType ? Named<Part, Input<Part, z.input<S>>> : unknown;

/** What says where an endpoint is called. */
export type AddressOf<D extends EndpointDescription> = PartOf<D, 'params'> & PartOf<D, 'query'>;
export type RequestOf<D extends EndpointDescription> = AddressOf<D> & PartOf<D, 'body'> & { readonly signal?: AbortSignal | undefined };
export type AnswerOf<D extends EndpointDescription> = z.output<D['answer']>;

/** Any request, as it is sent. */
export interface AnyRequest {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** @throws Failure `invalid` for a parameter that no path can hold */
export function addressOf(base: string, { path }: EndpointDescription, { params, query = {} }: AnyRequest): URL {
  const address = new URL(fillPath(path, params), base);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) address.searchParams.set(name, String(value));
  return address;
}

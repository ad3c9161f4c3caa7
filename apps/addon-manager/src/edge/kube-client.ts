/** The few things that addon-manager does with objects of any kind. */

import type { AppError } from '@easycerts/core';
import type { ApiAnswer, ApiRequest, KubeConnection } from '@easycerts/runtime';
import { apiFailure } from '../core/api-failure.ts';
import type { KubeObject, ObjectReference, ResourceKind } from '../core/kube-object.ts';
import { describeObject, pathOf } from '../core/kube-object.ts';

export interface WriteOptions {
  /** The server does everything but store the result. */
  readonly dryRun: boolean;
}

export interface Written {
  readonly object: KubeObject;
  /** Whether it did not exist before. */
  readonly isNew: boolean;
}

/** Every function throws AppError as `apiFailure` and the connection make them. */
export interface KubeClient {
  /** How a kind is served, or undefined when it is not served (yet). */
  kindOf(apiVersion: string, kind: string): Promise<ResourceKind | undefined>;
  read(reference: ObjectReference): Promise<KubeObject | undefined>;
  /** Server-side apply, taking back fields that others changed. */
  apply(reference: ObjectReference, object: KubeObject, options: WriteOptions): Promise<Written>;
  /** AppError ALREADY_EXISTS when it exists. */
  create(reference: ObjectReference, object: KubeObject, options: WriteOptions): Promise<KubeObject>;
  /** AppError CONFLICT when the object is no longer at its resourceVersion. */
  update(reference: ObjectReference, object: KubeObject): Promise<KubeObject>;
  /** Deletes exactly this one (by its uid). True when it is gone, false when its finalizers still hold it. */
  delete(reference: ObjectReference, live: KubeObject): Promise<boolean>;
  close(): void;
}

/** https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers */
export const fieldManager = 'easycerts-addon-manager';

/** A client over one connection. The kinds of a group are asked for once, and again when one is missing. */
export function createKubeClient(connection: KubeConnection): KubeClient {
  const kindsOfVersion = new Map<string, ReadonlyMap<string, ResourceKind>>();

  const kindOf = async (apiVersion: string, kind: string): Promise<ResourceKind | undefined> => {
    const known = kindsOfVersion.get(apiVersion)?.get(kind);
    if (known !== undefined) return known;
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const answer = await connection.send({ method: 'GET', path });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw apiFailure(`look up kind ${kind} of ${apiVersion}`, answer, false);
    const kinds = kindsIn(answer.body);
    kindsOfVersion.set(apiVersion, kinds);
    return kinds.get(kind);
  };

  const pathTo = async (reference: ObjectReference, part: 'object' | 'collection'): Promise<string> => {
    const kind = await kindOf(reference.apiVersion, reference.kind);
    if (kind !== undefined) return pathOf(reference, kind, part);
    throw apiFailure(`find ${describeObject(reference)}`, notServed(reference), false);
  };

  const write = async (verb: string, reference: ObjectReference, request: ApiRequest): Promise<Written> => {
    const answer = await connection.send({ ...request, query: { fieldManager, ...request.query } });
    if (answer.status < 200 || answer.status > 299) throw failureOf(verb, reference, answer);
    return { object: answer.body as KubeObject, isNew: answer.status === 201 };
  };

  return {
    kindOf,
    async read(reference) {
      const answer = await connection.send({ method: 'GET', path: await pathTo(reference, 'object') });
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw failureOf('read', reference, answer);
      return answer.body as KubeObject;
    },
    async apply(reference, object, options) {
      const query = { force: 'true', fieldValidation: 'Strict', ...dryRunQuery(options) };
      const contentType = 'application/apply-patch+yaml';
      return write('apply', reference, {
        method: 'PATCH',
        path: await pathTo(reference, 'object'),
        query,
        contentType,
        body: object,
      });
    },
    async create(reference, object, options) {
      const query = { fieldValidation: 'Strict', ...dryRunQuery(options) };
      return (
        await write('create', reference, {
          method: 'POST',
          path: await pathTo(reference, 'collection'),
          query,
          body: object,
        })
      ).object;
    },
    async update(reference, object) {
      return (
        await write('update', reference, { method: 'PUT', path: await pathTo(reference, 'object'), body: object })
      ).object;
    },
    async delete(reference, live) {
      const body = {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        propagationPolicy: 'Background',
        preconditions: { uid: live.metadata.uid },
      };
      const answer = await connection.send({ method: 'DELETE', path: await pathTo(reference, 'object'), body });
      if (answer.status === 404) return true;
      if (answer.status < 200 || answer.status > 299) throw failureOf('delete', reference, answer);
      return (answer.body as KubeObject).metadata?.deletionTimestamp === undefined;
    },
    close: () => connection.close(),
  };
}

function failureOf(verb: string, reference: ObjectReference, answer: ApiAnswer): AppError {
  return apiFailure(`${verb} ${describeObject(reference)}`, answer, reference.kind === 'Secret');
}

function notServed({ apiVersion, kind }: ObjectReference): ApiAnswer {
  return {
    status: 404,
    body: { reason: 'NotFound', message: `the API server serves no kind ${kind} of ${apiVersion}` },
  };
}

function dryRunQuery({ dryRun }: WriteOptions): Readonly<Record<string, string>> {
  return dryRun ? { dryRun: 'All' } : {};
}

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** The kinds of an APIResourceList; names with a slash are subresources. */
function kindsIn(body: unknown): ReadonlyMap<string, ResourceKind> {
  const resources = (body as { readonly resources?: readonly ApiResource[] } | undefined)?.resources ?? [];
  const whole = resources.filter(({ name }) => !name.includes('/'));
  return new Map(whole.map(({ kind, name, namespaced }) => [kind, { plural: name, namespaced }]));
}

/** A server of the Hugging Face hub's shape on this machine: an API, files with ranges, large files on a second server. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Answers a request itself, or leaves it to the server by returning false. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

/** Files of this size and more are what git points to. */
const LARGE = 10_000;
const PAGE = 3;

export class HubServer {
  /** Of both servers: method, path, and range if there is one. */
  readonly requests: string[] = [];
  readonly tokens = { hub: new Set<string | undefined>(), store: new Set<string | undefined>() };
  fault: Fault = () => false;
  readonly #repositories = new Map<string, Map<string, Buffer>>();
  readonly #hub = createServer((request, response) => this.answer('hub', request, response));
  readonly #store = createServer((request, response) => this.answer('store', request, response));

  static async start(): Promise<HubServer> {
    const server = new HubServer();
    for (const s of [server.#hub, server.#store])
      await new Promise<void>((resolve) => s.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return urlOf(this.#hub);
  }

  publish(repo: string, files: Files): void {
    const entries = Object.entries(files).map(([path, content]) => [path, Buffer.from(content)] as const);
    this.#repositories.set(repo, new Map(entries));
  }

  async stop(): Promise<void> {
    for (const s of [this.#hub, this.#store]) {
      s.closeAllConnections();
      await new Promise((resolve) => s.close(resolve));
    }
  }

  private answer(kind: 'hub' | 'store', request: IncomingMessage, response: ServerResponse): void {
    const { range, authorization } = request.headers;
    this.requests.push([request.method, request.url, ...(range ? [range] : [])].join(' '));
    this.tokens[kind].add(authorization);
    if (this.fault(request, response)) return;
    const { pathname, searchParams } = new URL(request.url!, this.url);
    const parts = decodeURIComponent(pathname).split('/').slice(1);
    if (kind === 'store') return this.sendStored(parts, request, response);
    const api = parts[0] === 'api';
    const [org, name, action, revision, ...path] = api ? parts.slice(2) : parts;
    const files = this.#repositories.get(`${org}/${name}`);
    // the hub does not say which models there are to who may not see them
    if (!files) return fail(response, authorization ? 404 : 401, 'RepoNotFound');
    if (!['main', COMMIT].includes(revision)) return fail(response, 404, 'RevisionNotFound');
    if (action === 'revision')
      return json(response, { _id: '1', id: `${org}/${name}`, sha: COMMIT, gated: false });
    if (action === 'tree') return this.sendTree(files, Number(searchParams.get('cursor')), request, response);
    this.sendFile(`${org}/${name}`, files, path.join('/'), request, response);
  }

  /** In pages. */
  private sendTree(
    files: ReadonlyMap<string, Buffer>,
    start: number,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const entries = [...files].map(([path, content]) => ({
      type: 'file',
      path,
      size: content.length,
      oid: gitHash(content),
      ...(content.length >= LARGE && {
        lfs: { oid: sha256(content), size: content.length, pointerSize: 134 },
      }),
    }));
    const next = new URL(request.url!, this.url);
    next.searchParams.set('cursor', String(start + PAGE));
    if (start + PAGE < entries.length) response.setHeader('Link', `<${next.href}>; rel="next"`);
    json(response, [
      { type: 'directory', path: 'onnx', size: 0, oid: COMMIT },
      ...entries.slice(start, start + PAGE),
    ]);
  }

  private sendFile(
    repo: string,
    files: ReadonlyMap<string, Buffer>,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const content = files.get(path);
    if (!content) return fail(response, 404, 'EntryNotFound');
    response.setHeader('X-Repo-Commit', COMMIT);
    if (content.length < LARGE) return sendRange(content, gitHash(content), request, response);
    response.setHeader('X-Linked-ETag', `"${sha256(content)}"`);
    response.setHeader('X-Linked-Size', content.length);
    response.writeHead(302, { Location: `${urlOf(this.#store)}/${repo}/${path}` }).end();
  }

  private sendStored(parts: string[], request: IncomingMessage, response: ServerResponse): void {
    const content = this.#repositories.get(parts.slice(0, 2).join('/'))!.get(parts.slice(2).join('/'))!;
    sendRange(content, sha256(content), request, response);
  }
}

const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

export const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

export const gitHash = (content: Uint8Array): string =>
  createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');

function json(response: ServerResponse, value: unknown): void {
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value));
}

export function fail(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'X-Error-Code': code, 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ error: code }));
}

function sendRange(content: Buffer, etag: string, request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('ETag', `"${etag}"`).setHeader('Accept-Ranges', 'bytes');
  const [, begin, end] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  if (begin === undefined) {
    response.setHeader('Content-Length', content.length).end(content);
    return;
  }
  const last = Math.min(end ? Number(end) : Infinity, content.length - 1);
  const part = content.subarray(Number(begin), last + 1);
  const where = `bytes ${begin}-${last}/${content.length}`;
  response.writeHead(206, { 'Content-Range': where, 'Content-Length': part.length }).end(part);
}

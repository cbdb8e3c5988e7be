/** Requests to the server that this page came from. */

import { decodeTable, type Table } from "./binary-columns";

export const COLUMNS_TYPE = "application/vnd.millpond.columns";

/** Where the studio is, with a slash at its end; behind a proxy it may be anywhere. */
export const root = new URL(document.baseURI);

export class RequestFailed extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What the server does not have (yet): a branch of it that is not served here. */
export function isNotServed(error: unknown): boolean {
  return error instanceof RequestFailed && error.code === "ENDPOINT_NOT_FOUND";
}

export function isGone(error: unknown): boolean {
  return error instanceof RequestFailed && error.status === 404 && !isNotServed(error);
}

type Fields = Record<string, string | number | boolean | string[] | undefined>;

export function address(path: string, query: Fields = {}): string {
  const url = new URL(path, root);
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) url.searchParams.append(name, String(one));
    }
  }
  return url.href;
}

/** A path's variable part; slashes in it stay slashes. */
export function pathOf(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

async function send(path: string, init: RequestInit, query?: Fields): Promise<Response> {
  const answer = await fetch(address(path, query), init).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new RequestFailed(0, "UNREACHABLE", "The server cannot be reached. Is it running?");
  });
  if (!answer.ok) throw await failure(answer);
  return answer;
}

async function failure(answer: Response): Promise<RequestFailed> {
  const text = await answer.text();
  try {
    const { error_code, message } = JSON.parse(text) as { error_code?: string; message?: string };
    return new RequestFailed(answer.status, error_code ?? "", message ?? text);
  } catch {
    return new RequestFailed(answer.status, "", text || `The server answered ${answer.status}.`);
  }
}

export async function get<T>(path: string, query?: Fields, signal?: AbortSignal): Promise<T> {
  return (await send(path, { signal }, query)).json() as Promise<T>;
}

export async function getText(
  path: string,
  query?: Fields,
  init: RequestInit = {},
): Promise<string> {
  return (await send(path, init, query)).text();
}

export async function getBytes(path: string, query?: Fields): Promise<ArrayBuffer> {
  return (await send(path, {}, query)).arrayBuffer();
}

export async function call<T>(
  method: "POST" | "PATCH" | "DELETE" | "PUT",
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const answer = await send(path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
  });
  const text = await answer.text();
  return (text ? JSON.parse(text) : {}) as T;
}

export const post = <T>(path: string, body: unknown, signal?: AbortSignal) =>
  call<T>("POST", path, body, signal);

/** A POST that is answered in binary columns, with the headers of the answer. */
export async function postForColumns(
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<{ table: Table; headers: Headers }> {
  const answer = await send(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: COLUMNS_TYPE },
    body: JSON.stringify(body),
    signal,
  });
  return { table: decodeTable(await answer.arrayBuffer()), headers: answer.headers };
}

/** A part of a file, where it begins, and how long all of it is. Past its end there is nothing. */
export async function getRange(
  path: string,
  range: string,
  signal?: AbortSignal,
): Promise<{ bytes: Uint8Array; from: number; size: number }> {
  const init = { headers: { Range: range }, cache: "no-store" as const, signal };
  const answer = await fetch(address(path), init);
  if (!answer.ok && answer.status !== 416) throw await failure(answer);
  const place = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(answer.headers.get("Content-Range") ?? "");
  const bytes = answer.ok ? new Uint8Array(await answer.arrayBuffer()) : new Uint8Array();
  const size = Number(place?.[2] ?? bytes.length);
  return { bytes, from: answer.status === 416 ? size : Number(place?.[1] ?? 0), size };
}

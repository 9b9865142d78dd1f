import type { FastifyRequest } from 'fastify';
import type { DocumentCheck } from '../document/check-document';
import { DomainError } from '../errors';
import { checkJson } from './json';

/** What Apollo is to make of a request: of its address what follows the question mark, as it was sent. */
export function searchOf({ url }: FastifyRequest): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start);
}

/** Throws when a request asks for more than the bounds allow, by what it holds alone. What is malformed is left to Apollo. */
export function checkRequest(request: FastifyRequest, checkDocument: DocumentCheck): void {
  if (request.method === 'GET') return checkParameters(new URLSearchParams(searchOf(request)), checkDocument);
  const { body } = request;
  if (Array.isArray(body)) throw new DomainError('BAD_REQUEST', 'Send one operation, not a list of them.');
  if (typeof body === 'object' && body !== null && 'query' in body && typeof body.query === 'string')
    checkDocument(body.query);
}

function checkParameters(parameters: URLSearchParams, checkDocument: DocumentCheck): void {
  for (const name of ['variables', 'extensions']) for (const text of parameters.getAll(name)) checkJson(text, name);
  for (const text of parameters.getAll('query')) checkDocument(text);
}

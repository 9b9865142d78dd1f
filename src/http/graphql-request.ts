import type { FastifyRequest } from 'fastify';
import type { DocumentCheck } from '../document/check-document';
import { DomainError } from '../errors';
import { checkJson } from './json';

/** What Apollo is to make of a request: of its address what follows the question mark, as it was sent. */
export function searchOf({ url }: FastifyRequest): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start);
}

/**
 * Throws when a request asks for more than the bounds allow, by what it holds alone. Gives whether it enrols and does nothing else. What is
 * malformed is left to Apollo.
 */
export function checkRequest(request: FastifyRequest, checkDocument: DocumentCheck): { isEnrolment: boolean } {
  if (request.method === 'GET') {
    checkParameters(new URLSearchParams(searchOf(request)), checkDocument);
    // No mutation comes so.
    return { isEnrolment: false };
  }
  const { body } = request;
  if (Array.isArray(body)) throw new DomainError('BAD_REQUEST', 'Send one operation, not a list of them.');
  const query = typeof body === 'object' && body !== null && 'query' in body ? body.query : undefined;
  const document = typeof query === 'string' ? checkDocument(query) : null;
  return { isEnrolment: document?.enrolsAlone ?? false };
}

function checkParameters(parameters: URLSearchParams, checkDocument: DocumentCheck): void {
  for (const name of ['variables', 'extensions']) for (const text of parameters.getAll(name)) checkJson(text, name);
  for (const text of parameters.getAll('query')) checkDocument(text);
}

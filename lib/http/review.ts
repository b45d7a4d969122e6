import type { Json } from '../json/json.ts';
import { allowAll } from '../policy/allow-all.ts';
import type { Policies } from '../policy/policies.ts';
import type { ReviewKind } from '../reviews/kinds.ts';
import { answerReview, protobufType, readReview, reviews } from '../reviews/review.ts';
import type { Middleware } from '../runtime/chain.ts';
import { methodNotAllowed, pathNotFound } from '../status.ts';
import type { HttpRequest, Identified, JobAnswer, Questioned, RawBody } from './request.ts';

/** The content types that a review is read in. */
export const reviewTypes = { served: ['application/json', protobufType], also: [], byDefault: 'application/json' };
/** Bytes of a review: no question is longer. */
export const reviewLimit = 64 * 1024;

/** Which review a request asks for. */
interface RoutedToReview {
  review: ReviewKind;
}

/** Whether a path is that of a review. */
export function isReview({ path }: HttpRequest): boolean {
  return Object.hasOwn(reviews, path);
}

/** Finds the review that a request asks for: 404 for any other path, 405 for any other verb than POST, as on the API server. */
export function routeToReview(): Middleware<HttpRequest, RoutedToReview> {
  return {
    before: (event) => {
      const review = isReview(event) ? reviews[event.path] : undefined;
      if (!review) throw pathNotFound();
      if (event.method !== 'POST') throw methodNotAllowed('POST');
      return { review };
    },
  };
}

/** Reads what a review asks. Throws as readReview does. */
export function parseReview(): Middleware<RoutedToReview & RawBody, Questioned> {
  return { before: ({ review, contentType, bytes }) => ({ question: readReview(review, contentType, bytes) }) };
}

/** Answers a review of the caller by the policies' RBAC; without policies he may do everything. Throws as answerReview does. */
export function reviewCaller(policies: Policies | undefined, request: Identified & RoutedToReview & Questioned): JobAnswer {
  const { user, review, question } = request;
  const job: Json = answerReview(review, question, { user, authorizer: policies?.authorizer ?? allowAll, now: new Date() });
  return { outcome: 'document', answer: { status: 201, job } };
}

import type { ReactNode } from 'react';
import type { Place } from './location.js';

/** A page of the navigation: shown where the path is its own or below it. */
export interface Page {
  readonly path: string;
  readonly title: string;
  /** The key that follows `g`. */
  readonly goKey: string;
  readonly render: (place: Place) => ReactNode;
}

import { expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import { BrokerError, brokerCodeOf, brokerCodes, isBusyCoordinator, isFenced } from './errors.js';

/** As kafkajs makes it; its types forget the message. */
const notFound = (): unknown =>
  Reflect.construct(kafkajs.KafkaJSGroupCoordinatorNotFound, ['Failed to find group coordinator']);

it('takes a coordinator that no broker can name yet for one that is busy', () => {
  expect(isBusyCoordinator(notFound())).toBe(true);
  expect(isBusyCoordinator(new BrokerError('FindCoordinator', brokerCodes.coordinatorNotAvailable))).toBe(
    true,
  );
  expect(isBusyCoordinator(new Error('connection closed'))).toBe(false);
  expect(isBusyCoordinator(new BrokerError('EndTxn', brokerCodes.producerFenced))).toBe(false);
});

it('finds the code of an error that is newer than kafkajs, and of one that was wrapped', () => {
  const fenced = new Error('Unknown error code 90');
  expect(brokerCodeOf(fenced)).toBe(brokerCodes.producerFenced);
  expect(isFenced(new Error('retries exceeded', { cause: fenced }))).toBe(true);
});

export { exportClientOptions } from '@kaizen-trace/settings';

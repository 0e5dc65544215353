export { openRedriveBackend } from './api/open-backend.js';
export type { RedriveBackend } from './api/open-backend.js';
export type { LetterJson } from './api/dead-letters/letter.js';
export type { PipelineJson } from './api/pipeline/json.js';
export type { OperatingApiOptions } from './api/operating-api-module.js';
export { GatewayModule } from './gateway-module.js';
export type { GatewayModuleOptions } from './gateway-module.js';
export { openGateway } from './open-gateway.js';
export type { Gateway, GatewayOptions } from './open-gateway.js';

export { GatewayModule } from './gateway-module.js';
export type { GatewayModuleOptions } from './gateway-module.js';
export { openGateway } from './open-gateway.js';
export type { Gateway, GatewayOptions } from './open-gateway.js';

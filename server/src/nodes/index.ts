export { createNodes } from './create-nodes.ts'
export { tellServers } from './tell-servers.ts'

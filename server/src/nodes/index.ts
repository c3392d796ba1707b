export { createNodes, type Nodes } from './create-nodes.ts'
export { tellServers } from './tell-servers.ts'

export { connectRedis } from './connect.ts'
export { createRedis, type Redis } from './create-redis.ts'

import * as account from './account.ts'
import * as batch from './batch.ts'
import * as bin from './bin.ts'
import * as changes from './changes.ts'
import * as dashboard from './dashboard.ts'
import * as health from './health.ts'
import * as history from './history.ts'
import * as tasks from './tasks.ts'

/** Every operation of the API, by name. */
export const contract = {
  register: account.register,
  login: account.login,
  logout: account.logout,
  getSession: account.getSession,
  getAccount: account.getAccount,
  updateAccount: account.updateAccount,
  createTask: tasks.createTask,
  listTasks: tasks.listTasks,
  getTask: tasks.getTask,
  updateTask: tasks.updateTask,
  replaceTask: tasks.replaceTask,
  deleteTask: tasks.deleteTask,
  restoreTask: tasks.restoreTask,
  listTaskHistory: history.listTaskHistory,
  batchTasks: batch.batchTasks,
  emptyBin: bin.emptyBin,
  eraseTask: bin.eraseTask,
  listChanges: changes.listChanges,
  undoChange: history.undoChange,
  getStats: dashboard.getStats,
  listActivity: dashboard.listActivity,
  getHealth: health.getHealth,
  getLiveness: health.getLiveness,
  getReadiness: health.getReadiness,
} as const

export type Contract = typeof contract
export type OperationName = keyof Contract

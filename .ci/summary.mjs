// Prints "N passed, N failed" as the last line, and fails unless all is well: tests ran, none failed or was skipped, and
// each further step, told as `NAME: EXIT CODE`, ended with 0.
import { readFileSync } from 'node:fs'

const [file, ...steps] = process.argv.slice(2)
const report = read(file)
const skipped = report.numPendingTests + report.numTodoTests
const ran = report.numPassedTests + report.numFailedTests
const problems = [
  ran === 0 && 'no test ran',
  skipped > 0 && `${skipped} skipped`,
  report.numFailedTests === 0 && !report.success && 'a test file could not be run',
  ...steps.filter((step) => !step.endsWith(': 0')).map((step) => `exit code of ${step}`),
].filter(Boolean)

for (const problem of problems) console.log(`Problem: ${problem}`)
console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed`)
process.exitCode = problems.length > 0 || report.numFailedTests > 0 ? 1 : 0

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, success: false }
  }
}

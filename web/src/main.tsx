import { createRoot } from 'react-dom/client'
import { createClient } from '@taskwell/api'
const c = createClient()
createRoot(document.getElementById('app') as HTMLElement).render(<p onClick={() => void c.getSession()}>Hi</p>)

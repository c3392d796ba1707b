import './style/index.css'
import { createRoot } from 'react-dom/client'
import { App } from './frame/app.tsx'
import { installServiceWorker } from './frame/install-service-worker.ts'
import { applyTheme } from './frame/theme.ts'
import { startSession } from './session/session.ts'

applyTheme()
void startSession()
const place = document.getElementById('app')
if (place) createRoot(place).render(<App />)
installServiceWorker()

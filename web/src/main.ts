import { mount } from 'svelte';
import './styles/tokens.css';
import './styles/base.css';
import './styles/page.css';
import App from './components/App.svelte';

mount(App, { target: document.getElementById('app')! });

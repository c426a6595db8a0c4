// SPDX-License-Identifier: GPL-3.0-or-later
// The entry of the web client.
import { mount } from 'svelte';
import './styles/tokens.css';
import './styles/base.css';
import './styles/page.css';
import Door from './components/Door.svelte';

mount(Door, { target: document.getElementById('app')! });

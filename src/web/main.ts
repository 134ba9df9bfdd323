import { mount } from 'svelte';
import App from './App.svelte';
import { locale } from './i18n/texts.ts';
import { registerWorker } from './offline/register.ts';
import './styles/base.css';

document.documentElement.lang = locale;
void registerWorker();
mount(App, { target: document.getElementById('app')! });

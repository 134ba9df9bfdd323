import { mount } from 'svelte';
import App from './App.svelte';
import { locale } from './i18n/texts.ts';
import './styles/base.css';

document.documentElement.lang = locale;
mount(App, { target: document.getElementById('app')! });

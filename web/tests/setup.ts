// SPDX-License-Identifier: GPL-3.0-or-later
// Setup of all unit tests: a fixed locale, so that numbers and dates do not depend on the machine.
import { setLocale } from '../src/lib/text';

setLocale('en-GB');

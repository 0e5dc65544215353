import {
  checkCitation,
  editDocument,
  fetchPage,
  issueRefund,
  lookUpOrder,
  plotChart,
  runSql,
  timedOut,
  type Tool,
  webSearch,
} from './tools.js';

/** An agent under a lead, with the tools of its trade. */
export interface Worker {
  readonly role: string;
  readonly task: string;
  readonly tools: readonly Tool[];
}

/** A part of a topic, and what a worker who looks into it comes back with. */
export interface Angle {
  readonly name: string;
  readonly finding: string;
}

/** What a run is about. */
export interface Topic {
  readonly title: string;
  readonly angles: readonly Angle[];
}

/** A service whose agents work on topics: a lead, and workers under it. */
export interface Team {
  readonly service: string;
  readonly lead: string;
  readonly goal: string;
  readonly workers: readonly Worker[];
  /** What takes hours: a person's answer, an experiment. */
  readonly longTool: Tool;
  readonly topics: readonly Topic[];
}

/** A model as agents call it. */
export interface Model {
  readonly name: string;
  readonly provider: string;
  readonly typicalMs: number;
}

/** What the agents call, the larger one for planning, the smaller ones for the work. */
export const models: readonly [Model, ...Model[]] = [
  { name: 'claude-sonnet-4-5', provider: 'anthropic', typicalMs: 3800 },
  { name: 'claude-haiku-4-5', provider: 'anthropic', typicalMs: 1200 },
  { name: 'gpt-5-mini', provider: 'openai', typicalMs: 1700 },
];

const researchTeam: Team = {
  service: 'research-team',
  lead: 'supervisor',
  goal: 'Write a report for decision makers: {topic}',
  workers: [
    { role: 'researcher', task: 'Find and read sources on {angle}', tools: [webSearch, fetchPage] },
    { role: 'analyst', task: 'Compare the figures for {angle}', tools: [runSql, plotChart] },
    { role: 'writer', task: 'Draft the section on {angle}', tools: [editDocument, webSearch] },
    { role: 'reviewer', task: 'Check the claims about {angle}', tools: [checkCitation, fetchPage] },
  ],
  longTool: {
    name: 'request_human_review',
    typicalMs: 0,
    input: () => ({ reviewer: 'editor-in-chief', document: 'report.md', question: 'May this be published?' }),
    output: (random) => ({ approved: true, comments: random.between(0, 9) }),
    failure: timedOut('await (tools/review.ts:52:5)'),
  },
  topics: [
    {
      title: 'Heat pumps in old apartment buildings',
      angles: [
        {
          name: 'running costs',
          finding: 'Costs hinge on the flow temperature: below 55 °C the pump beats gas in most flats.',
        },
        {
          name: 'noise in courtyards',
          finding: 'Two of three complaints concern units within six metres of a bedroom window.',
        },
        {
          name: 'refrigerants',
          finding: 'Propane units need a safety zone that narrow courtyards often cannot give.',
        },
        {
          name: 'grants and loans',
          finding: 'Owners’ associations wait for the grant decision, five months on average.',
        },
        { name: 'cold winters', finding: 'Below -10 °C a tenth of the heat came from the electric booster.' },
      ],
    },
    {
      title: 'Night trains in Europe',
      angles: [
        {
          name: 'ticket prices',
          finding: 'A bed costs about as much as a flight and a hotel night, a seat far less.',
        },
        {
          name: 'track access charges',
          finding: 'Charges differ by a factor of four between neighbouring networks.',
        },
        { name: 'rolling stock', finding: 'New sleeping cars take four to six years from order to service.' },
        {
          name: 'demand by route',
          finding: 'Routes of nine to twelve hours fill first; shorter ones lose to day trains.',
        },
      ],
    },
    {
      title: 'Perovskite solar cells',
      angles: [
        {
          name: 'lifetime outdoors',
          finding: 'Sealed modules keep 80 % of their output for about five years in the field.',
        },
        {
          name: 'lead content',
          finding: 'Lead leaks only from broken modules; sealing layers hold most of it back.',
        },
        {
          name: 'tandem efficiency',
          finding: 'Tandems on silicon pass a third of the sunlight into power in the laboratory.',
        },
        { name: 'cost per watt', finding: 'Cost estimates assume yields that no line has reached so far.' },
      ],
    },
  ],
};

const supportDesk: Team = {
  service: 'support-desk',
  lead: 'triage',
  goal: 'Solve the ticket: {topic}',
  workers: [
    { role: 'order-specialist', task: 'Look into {angle}', tools: [lookUpOrder, issueRefund] },
    { role: 'knowledge-specialist', task: 'Find what we say about {angle}', tools: [webSearch, fetchPage] },
  ],
  longTool: {
    name: 'wait_for_customer',
    typicalMs: 0,
    input: () => ({ channel: 'mail', question: 'Which of the items arrived damaged?' }),
    output: (random) => ({ answered: true, words: random.between(4, 120) }),
    failure: timedOut('reply (tools/mail.ts:20:3)'),
  },
  topics: [
    {
      title: 'Parcel arrived damaged',
      angles: [
        { name: 'replacement', finding: 'The item is in stock; a replacement can leave today.' },
        { name: 'refund', finding: 'The order is within the return period, so a full refund is due.' },
        { name: 'carrier claim', finding: 'The carrier wants a photo of the parcel within seven days.' },
      ],
    },
    {
      title: 'Charged twice',
      angles: [
        { name: 'payment history', finding: 'Both charges bear the same order number, 40 seconds apart.' },
        { name: 'card issuer', finding: 'The second charge is only reserved and lapses by itself.' },
      ],
    },
  ],
};

/** The teams that a fleet is made of, taken in turn. */
export const teams: readonly [Team, ...Team[]] = [researchTeam, supportDesk];

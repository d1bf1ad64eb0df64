<?php
// simpleSAMLphp, as its package comes, as the company's SAML provider in the tests of sign-in: two people, one service
// provider, which is Referee. It is an ordinary process; the test puts TLS in front of it.
//
// SAML_PROVIDER holds its settings as JSON: {origin, dir, sp, acs, password}. Below dir are its own folders cert (with
// idp.key and idp.crt), log, data, tmp and sessions. While dir has a file named strong, it says that people signed in the
// way that it was asked for, as an installation with a second factor does; else it does what it does by itself.

$of = json_decode(getenv('SAML_PROVIDER'), true);
$config = [
    'baseurlpath' => $of['origin'] . '/',
    'certdir' => $of['dir'] . '/cert/',
    'loggingdir' => $of['dir'] . '/log/',
    'datadir' => $of['dir'] . '/data/',
    'tempdir' => $of['dir'] . '/tmp',
    'metadatadir' => dirname(__DIR__) . '/metadata/',
    'metadata.sources' => [['type' => 'flatfile']],
    'secretsalt' => 'a-salt-of-the-test-alone',
    'auth.adminpassword' => 'unused-and-long',
    'technicalcontact_email' => 'na@example.org',
    'timezone' => 'UTC',
    'logging.handler' => 'errorlog',
    'logging.level' => 5,
    'enable.saml20-idp' => true,
    'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
    'store.type' => 'phpsession',
    'session.duration' => 3600,
    'session.cookie.name' => 'SSP',
    'session.cookie.secure' => true,
    'session.cookie.path' => '/',
    'session.phpsession.savepath' => $of['dir'] . '/sessions',
    'session.phpsession.cookiename' => 'SSPPHP',
    'session.authtoken.cookiename' => 'SSPAuth',
    'language.default' => 'en',
    'theme.use' => 'default',
];

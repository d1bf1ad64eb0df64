<?php
// The people of the company. See config.php.

$of = json_decode(getenv('SAML_PROVIDER'), true);
$person = fn ($id, $name, $groups) => [
    'uid' => [$id], 'displayName' => [$name], 'email' => ["$id@contoso.example"], 'username' => ["$id@contoso.example"], 'groups' => $groups,
];
$config = ['people' => [
    'exampleauth:UserPass',
    'director:' . $of['password'] => $person('director', 'Director', ['Directors', 'Staff']),
    'employee:' . $of['password'] => $person('employee', 'Employee', ['Staff']),
]];

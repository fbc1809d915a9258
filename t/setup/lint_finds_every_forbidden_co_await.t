# t/lint/coroutines finds every form that g++ 12 compiles wrongly, at its line, and says nothing of the others.
use lib 't/lib';
use Proxycache;

my $lint = sub ($body) {
    my $file = File::Temp->new(SUFFIX => '.cc');
    print $file "Task<int> f() {\n$body\n}\n";
    close $file;
    return Proxycache::run_command(["$Proxycache::tree/t/lint/coroutines", "$file"]);
};

for my $form (
    'auto x = co_await f();', 'base::Result<std::pair<int, int>> y = co_await g("a{?", \'[\');', 'this->z_ = co_await h();', 'p->q.r = co_await h();',
    'co_await f();', 'co_return co_await f();', 'if (a && b) co_await f();', 'else co_await f();', 'const auto& z = co_await f();', '*out = co_await f();',
    'for (auto& e : list) co_await e.go();', 'case Kind::a: co_await f();', 'auto job = []() -> Task<> { co_await f(); };', '// if (!co_await f())',
    'auto plain = [this] { return go(); };', 'x = co_await f(1\'000);',
) {
    is $lint->($form)->{status}, 0, "right: $form";
}

for my $form (
    'if (!co_await f()) co_return 1;', 'while (co_await f()) {}', 'g(co_await f());', 'int v = c ? co_await f() : 1;', 'auto w = co_await f({1});',
    'auto [a, b] = co_await f();', 'co_await f(co_await g());', 'int n = 1 + co_await f();', 'for (;; co_await f()) {}', 'auto q = co_await a[1];',
    'co_await (a && b);', 'x += co_await f();', 'return Agg{T(1), co_await x};', 'auto job = [this]() -> Task<> { co_await f(); };',
    'auto job = [&](int k) mutable -> Task<> { co_return; };', 'auto deep = [] { auto in = [k]() -> Task<> { co_return; }; };',
) {
    my $found = $lint->($form);
    is $found->{status}, 1, "wrong: $form";
    like $found->{err}, qr/^\S+\.cc:2: /, 'at its line';
}
done_testing;

using System.Reflection;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Hosting;
using VideoVoice.Data.Testing;

namespace VideoVoice.Data.Tests.Conventions;

public sealed class PublicTypeTests
{
    /// <summary>Waiting inside a transaction would hold its locks; deleting in batches commits each of them.</summary>
    private static readonly string[] s_withoutTransaction =
        [nameof(VoiceManager.WaitForVoicesAsync), nameof(VoiceManager.WaitForWorkAsync), nameof(VideoManager.DeleteFinishedVideosAsync)];

    /// <summary>What a user's factory or synthesizer implements; its methods are called by the library.</summary>
    private static readonly Type[] s_implementedByUsers = [typeof(IVoiceSynthesizer)];

    public static IEnumerable<Assembly> Packages => [typeof(VideoManager).Assembly, typeof(IVoiceSynthesizer).Assembly, typeof(LocalPostgres).Assembly];

    public static IEnumerable<Type> Types => Packages.SelectMany(package => package.GetExportedTypes());

    public static IEnumerable<Type> Managers => StatementTests.Managers.Values;

    [TestCaseSource(nameof(Types))]
    public void Is_sealed_or_static_and_in_one_namespace(Type type)
    {
        // The extension methods stand where hosts look for them.
        var ns = type.Name.EndsWith("Extensions", StringComparison.Ordinal) ? "Microsoft.Extensions.DependencyInjection" : type.Assembly.GetName().Name;

        Assert.That(type.IsSealed || s_implementedByUsers.Contains(type), Is.True, "sealed or static");
        Assert.That(type.Namespace, Is.EqualTo(ns));
    }

    [TestCaseSource(nameof(Types))]
    public void Every_method_that_waits_is_async_and_takes_a_token_last(Type type)
    {
        foreach (var method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly).Where(Waits))
        {
            var last = method.GetParameters().LastOrDefault();
            using (Assert.EnterMultipleScope())
            {
                Assert.That(method.Name, Does.EndWith("Async"));
                Assert.That(last?.ParameterType, Is.EqualTo(typeof(CancellationToken)), method.Name);
                Assert.That(last?.Name, Is.EqualTo("cancellationToken"), method.Name);
                Assert.That(last?.IsOptional, Is.EqualTo(!s_implementedByUsers.Contains(type)), method.Name);
            }
        }
    }

    [TestCaseSource(nameof(Managers))]
    public void Every_method_of_a_manager_joins_a_transaction_of_the_caller(Type manager)
    {
        var methods = StatementTests.AsyncMethods(manager).Where(method => !s_withoutTransaction.Contains(method.Name)).ToList();
        Assert.That(methods, Is.Not.Empty);
        foreach (var method in methods)
        {
            var parameter = method.GetParameters()[^2];
            using (Assert.EnterMultipleScope())
            {
                Assert.That(parameter.ParameterType, Is.EqualTo(typeof(NpgsqlTransaction)), method.Name);
                Assert.That(parameter.IsOptional, Is.True, method.Name);
                Assert.That(new NullabilityInfoContext().Create(parameter).WriteState, Is.EqualTo(NullabilityState.Nullable), method.Name);
            }
        }
    }

    [TestCaseSource(nameof(Managers))]
    public void Every_public_method_of_a_manager_is_async_but_those_that_dispose_of_it(Type manager)
    {
        var others = manager.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(method => !method.IsSpecialName && method.Name is not (nameof(IDisposable.Dispose) or nameof(IAsyncDisposable.DisposeAsync)) && !Waits(method));
        Assert.That(others, Is.Empty);
    }

    [TestCaseSource(nameof(Types))]
    public void A_record_s_properties_cannot_change(Type type)
    {
        if (type.GetMethod("<Clone>$") is null)
            return;

        foreach (var setter in type.GetProperties().Select(p => p.SetMethod).OfType<MethodInfo>())
            Assert.That(setter.ReturnParameter.GetRequiredCustomModifiers(), Does.Contain(typeof(System.Runtime.CompilerServices.IsExternalInit)), $"{type.Name}.{setter.Name}");
    }

    private static bool Waits(MethodInfo method) =>
        method.Name != nameof(IAsyncDisposable.DisposeAsync)
        && (method.ReturnType.IsGenericType ? method.ReturnType.GetGenericTypeDefinition() : method.ReturnType) is var type
        && (typeof(Task).IsAssignableFrom(type) || type == typeof(ValueTask) || type == typeof(ValueTask<>) || type == typeof(IAsyncEnumerable<>));
}

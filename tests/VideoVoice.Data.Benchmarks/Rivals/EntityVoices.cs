using Microsoft.EntityFrameworkCore;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Rivals;

/// <summary>The way of entities: read the first pending row, change it, save it, and begin again when the attempt has changed under it.</summary>
internal sealed class EntityVoices(TestDatabase database) : IDisposable
{
    private readonly PooledFactory _contexts = new(database.SameSettings);

    internal async Task CycleAsync()
    {
        await using var context = _contexts.Create();
        while (true)
        {
            var now = DateTimeOffset.UtcNow;
            var voice = await context.Voices
                .Where(v => v.Status == VoiceStatus.Pending && (v.AvailableAt == null || v.AvailableAt <= now))
                .OrderByDescending(v => v.Priority).ThenBy(v => v.QueueAt).ThenBy(v => v.Id)
                .FirstOrDefaultAsync() ?? throw new InvalidOperationException("The queue is empty: the round has too few rows.");
            voice.Status = VoiceStatus.Processing;
            voice.Attempt++;
            voice.WorkerId = "entities";
            voice.ProcessingStartedAt = now;
            voice.LeaseExpiresAt = now.AddMinutes(1);
            try
            {
                await context.SaveChangesAsync();
            }
            catch (DbUpdateConcurrencyException)
            {
                context.ChangeTracker.Clear();
                continue;
            }

            voice.Status = VoiceStatus.Completed;
            voice.OutputAudioPath = "/audio/line.wav";
            voice.ProcessingCompletedAt = DateTimeOffset.UtcNow;
            voice.LeaseExpiresAt = null;
            await context.SaveChangesAsync();
            return;
        }
    }

    public void Dispose() => _contexts.Dispose();

    internal sealed class VoiceEntity
    {
        public Guid Id { get; set; }
        public Guid VideoId { get; set; }
        public Guid? VoiceMappingId { get; set; }
        public string? CharacterName { get; set; }
        public string TextContent { get; set; } = "";
        public string? OutputAudioPath { get; set; }
        public VoiceStatus Status { get; set; }
        public DateTimeOffset? ProcessingStartedAt { get; set; }
        public DateTimeOffset? ProcessingCompletedAt { get; set; }
        public int Priority { get; set; }
        public DateTimeOffset? QueueAt { get; set; }
        public DateTimeOffset? AvailableAt { get; set; }
        public int Attempt { get; set; }
        public string? WorkerId { get; set; }
        public DateTimeOffset? LeaseExpiresAt { get; set; }
    }

    internal sealed class VoiceContext(DbContextOptions<VoiceContext> options) : DbContext(options)
    {
        public DbSet<VoiceEntity> Voices => Set<VoiceEntity>();

        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            var voices = modelBuilder.Entity<VoiceEntity>().ToTable("voices");
            voices.Property(v => v.Attempt).IsConcurrencyToken();
            foreach (var property in voices.Metadata.GetProperties())
                property.SetColumnName(SnakeCase(property.Name));
        }

        private static string SnakeCase(string name) =>
            string.Concat(name.Select((c, i) => char.IsUpper(c) ? $"{(i > 0 ? "_" : "")}{char.ToLowerInvariant(c)}" : $"{c}"));
    }

    /// <summary>Contexts from a pool, as EF recommends for speed.</summary>
    private sealed class PooledFactory : IDisposable
    {
        private readonly Npgsql.NpgsqlDataSource _dataSource;
        private readonly Microsoft.EntityFrameworkCore.Infrastructure.PooledDbContextFactory<VoiceContext> _factory;

        internal PooledFactory(string connectionString)
        {
            var builder = new Npgsql.NpgsqlDataSourceBuilder(connectionString);
            builder.MapEnum<VoiceStatus>("voice_status");
            _dataSource = builder.Build();
            _factory = new(new DbContextOptionsBuilder<VoiceContext>()
                .UseNpgsql(_dataSource, npgsql => npgsql.MapEnum<VoiceStatus>("voice_status"))
                .Options);
        }

        internal VoiceContext Create() => _factory.CreateDbContext();

        public void Dispose() => _dataSource.Dispose();
    }
}
